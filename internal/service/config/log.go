package config

import (
	"errors"
	"fmt"
	"log/slog"
)

// Log says what the service writes to standard error.
type Log struct {
	// Level is debug, info, warn or error; "" means info.
	Level string `yaml:"level"`
	// Record writes, at level debug, what countersign explain reads of each refused request. Records
	// hold query values, nonces and signed headers.
	Record bool `yaml:"record"`
}

// SlogLevel is the least level that is written.
func (l Log) SlogLevel() slog.Level {
	level, _ := levels[l.Level] // as check has seen to
	return level
}

var levels = map[string]slog.Level{
	"": slog.LevelInfo, "debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

func (l Log) check() error {
	if _, known := levels[l.Level]; !known {
		return fmt.Errorf("log.level is %q: set debug, info, warn or error", l.Level)
	}
	if l.Record && l.Level != "debug" {
		return errors.New("log.record needs log.level: debug, at which records are written")
	}
	return nil
}
