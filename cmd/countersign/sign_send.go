package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/countersign-dev/countersign/client"
)

// sendSigned signs and sends a request. The answer's body goes to out; its status, and with verbose
// its headers, to notes. An answer that is not 2xx fails the command.
func sendSigned(signer *client.Signer, req *http.Request, verbose bool, out, notes io.Writer) error {
	api := &http.Client{
		Transport: signer.Transport(nil),
		// What was asked is shown, not what it leads to.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := api.Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	fmt.Fprintln(notes, answer.Proto, printableHeader(answer.Status))
	if verbose {
		for _, name := range slices.Sorted(maps.Keys(answer.Header)) {
			for _, value := range answer.Header[name] {
				fmt.Fprintln(notes, name+": "+printableHeader(value))
			}
		}
	}
	if _, err := io.Copy(out, answer.Body); err != nil {
		return fmt.Errorf("the answer broke off: %w", err)
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return errSilent
	}
	return nil
}

// printableHeader quotes a value that could give a terminal commands.
func printableHeader(value string) string {
	for i := range len(value) {
		if value[i] < ' ' || value[i] > '~' {
			return strconv.Quote(value)
		}
	}
	return value
}
