package config

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLogSaysWhatIsWritten(t *testing.T) {
	for text, want := range map[string]struct {
		level  slog.Level
		record bool
	}{
		"":                                    {level: slog.LevelInfo},
		"log: {}\n":                           {level: slog.LevelInfo},
		"log: {level: info}\n":                {level: slog.LevelInfo},
		"log: {level: debug}\n":               {level: slog.LevelDebug},
		"log: {level: warn}\n":                {level: slog.LevelWarn},
		"log: {level: error}\n":               {level: slog.LevelError},
		"log: {level: debug, record: true}\n": {level: slog.LevelDebug, record: true},
	} {
		c, err := Parse([]byte(sample + text))
		require.NoError(t, err, text)
		assert.Equal(t, want.level, c.Log.SlogLevel(), text)
		assert.Equal(t, want.record, c.Log.Record, text)
	}
	for text, says := range map[string]string{
		"log: {level: verbose}\n":            `log.level is "verbose": set debug`,
		"log: {level: DEBUG}\n":              "log.level",
		"log: {record: true}\n":              "log.record needs log.level: debug",
		"log: {level: info, record: true}\n": "log.record needs log.level: debug",
		"log: {records: true}\n":             "records",
		"log: debug\n":                       "line",
	} {
		c, err := Parse([]byte(sample + text))
		assert.Nil(t, c, text)
		assert.ErrorContains(t, err, says, text)
	}
}
