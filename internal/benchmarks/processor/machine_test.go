package processor_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/countersign-dev/countersign/internal/benchmarks/processor"
)

func TestTimeIsWhatIsComputed(t *testing.T) {
	began := processor.Time()
	time.Sleep(20 * time.Millisecond) // what is measured: time that passes without computing
	slept := processor.Time() - began
	for processor.Time()-began < slept+20*time.Millisecond {
	}
	assert.Less(t, slept, 20*time.Millisecond)
}

func TestMachineIsDescribed(t *testing.T) {
	watch := processor.NewWatch()
	for began := processor.Time(); processor.Time()-began < 50*time.Millisecond; {
	}
	text := watch.Describe()
	assert.Contains(t, text, runtime.Version())
	if runtime.GOOS == "linux" {
		assert.Regexp(t, `; other programs took \d{1,3} % of it meanwhile$`, text)
	}
}
