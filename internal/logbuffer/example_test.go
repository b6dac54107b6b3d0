package logbuffer_test

import (
	"fmt"
	"log"

	"github.com/countersign-dev/countersign/internal/logbuffer"
)

func Example() {
	var buffer logbuffer.Buffer
	log.New(&buffer, "", 0).Print("a line")
	fmt.Print(buffer.String())
	// Output: a line
}
