package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/countersign-dev/countersign/server"
)

// logDecisions returns an observer that logs one line a decision: refusals at level info, or error
// where the verifier could not decide, accepted requests at the level given. The record of a refusal,
// if there is one, is a line of its own at level debug, whatever the refusal's.
func logDecisions(logger *slog.Logger, accepted slog.Level) func(context.Context, server.Decision) {
	return func(ctx context.Context, d server.Decision) {
		if d.Record != nil {
			logger.LogAttrs(ctx, slog.LevelDebug, "record", slog.Any("record", d.Record))
		}
		level, message := accepted, "accepted"
		if d.Reason != "" {
			level, message = slog.LevelInfo, "refused"
			// A client that hung up is no fault of ours, whatever was under way.
			if d.Status >= http.StatusInternalServerError && !errors.Is(d.Rejection, context.Canceled) {
				level = slog.LevelError
			}
		}
		if !logger.Enabled(ctx, level) {
			return
		}
		attributes := []slog.Attr{
			slog.String("request_id", d.RequestID), slog.String("method", d.Method), slog.String("path", d.Path),
			slog.String("remote", d.Remote), slog.Duration("took", d.Duration),
		}
		if d.KeyID != "" {
			attributes = append(attributes, slog.String("key_id", d.KeyID), slog.Bool("key_proved", d.KeyProved),
				slog.String("dialect", d.Dialect.String()), slog.Duration("skew", d.Skew))
		}
		if d.Rejection != nil {
			attributes = append(attributes, slog.String("reason", string(d.Reason)), slog.Int("status", d.Status),
				slog.String("why", d.Rejection.Error()))
		}
		logger.LogAttrs(ctx, level, message, attributes...)
	}
}

// warnOfRecords says what is in a log that has records in it.
func warnOfRecords(logger *slog.Logger, records bool) {
	if records {
		logger.Warn("what is refused is logged for 'countersign explain', with query values, nonces and signed headers: switch it off when the fault is found")
	}
}
