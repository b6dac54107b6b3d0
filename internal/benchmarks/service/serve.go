package service

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/pprof"
	"strings"

	"github.com/countersign-dev/countersign/internal/benchmarks/processor"
)

// Serve is the process of one contestant. It writes its address to stdout, then answers each line of
// stdin with one of its own, until stdin ends: so it cannot outlive who started it.
//
//	computed      the nanoseconds that the process has computed
//	profile FILE  begins a CPU profile, until the end
func Serve(contestant, directory string, stdin io.Reader, stdout io.Writer) error {
	a, err := newApp(contestant, directory)
	if err != nil {
		return err
	}
	if a.echo.Listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	fmt.Fprintln(stdout, a.echo.Listener.Addr())
	served := make(chan error, 1)
	go func() { served <- a.echo.Start("") }()

	commands := bufio.NewScanner(stdin)
	for commands.Scan() {
		answer, err := obey(commands.Text())
		if err != nil {
			return err
		}
		fmt.Fprintln(stdout, answer)
	}
	pprof.StopCPUProfile() // of which there may be none
	_ = a.echo.Close()
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return a.close()
}

func obey(command string) (answer string, err error) {
	name, argument, _ := strings.Cut(command, " ")
	switch name {
	case "computed":
		return fmt.Sprint(processor.Time().Nanoseconds()), nil
	case "profile":
		file, err := os.Create(argument)
		if err != nil {
			return "", err
		}
		return "profiling", pprof.StartCPUProfile(file)
	}
	return "", fmt.Errorf("unknown command %q", command)
}
