package vaultkeys

import (
	"context"

	"golang.org/x/time/rate"
)

// budget bounds the questions to Vault for one purpose: so many a second, and so many keys at once.
type budget struct {
	questions *rate.Limiter
	slots     chan struct{}
}

func newBudget(perSecond, slots int) *budget {
	return &budget{questions: rate.NewLimiter(rate.Limit(perSecond), perSecond), slots: make(chan struct{}, slots)}
}

// enter waits for a slot; leave frees it.
func (b *budget) enter(ctx context.Context) error {
	select {
	case b.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *budget) leave() { <-b.slots }
