// Command client calls an API with signed requests. It takes its settings from the environment, or
// from the saved output of "countersign serve --dev":
//
//	go run ./cmd/countersign serve --dev > dev.env
//	go run ./examples/client dev.env
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/client"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(arguments []string) error {
	settings, err := client.FromEnv()
	if len(arguments) == 1 {
		settings, err = client.FromFile(arguments[0])
	}
	if err != nil {
		return err
	}
	signer := client.NewSigner(settings.Credentials, settings.Target)
	api := &http.Client{Transport: signer.Transport(nil), Timeout: 30 * time.Second}

	answer, err := api.Post(settings.URL+"/whoami", "application/json", strings.NewReader(`{"item":"tea"}`))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	fmt.Printf("%s\n%s", answer.Status, body)
	return nil
}
