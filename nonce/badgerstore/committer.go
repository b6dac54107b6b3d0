package badgerstore

import (
	"fmt"
	"time"
)

// commit is the store's one goroutine. It writes what the queue has gathered, and looks after
// floor, drop line and expired buckets between the writes. It ends when the queue is closed and
// empty.
func (s *Store) commit() {
	defer close(s.stopped)
	ticker := time.NewTicker(idleCheck)
	defer ticker.Stop()
	for {
		select {
		case <-s.queue.ready:
		case <-ticker.C:
		}
		closed := s.queue.isClosed() // before the last look: nothing comes after it
		for b := s.queue.take(); b != nil; b = s.queue.take() {
			callers, err := len(b.claims), s.commitBatch(b)
			// Whatever has happened to the time while the claims waited counts, also where the clock
			// has stepped back since some were left out as expired.
			b.judged = max(b.judged, s.window.Look())
			s.queue.finish(b, err)
			s.queue.gather(callers)
		}
		if closed {
			return
		}
		if more, err := s.tidy(); err == nil && more {
			s.queue.wake() // the next part after whatever has come in meanwhile
		}
	}
}

// commitBatch makes the claims of b as durable as they have to be.
func (s *Store) commitBatch(b *batch) error {
	if f := s.failure.Load(); f != nil {
		return f
	}
	now := s.window.Look()
	b.judged = now
	if b.room {
		if err := s.makeRoom(now); err != nil {
			return err
		}
	}
	if len(b.claims) == 0 {
		return nil
	}
	if err := s.disk.check(); err != nil {
		return err
	}
	puts, last, ahead := s.pack(b.claims, now)
	own := s.durability == DurabilityFsync || ahead
	if own {
		last = 0 // fsynced by themselves, these claims need no ceiling
	}
	if err := s.advance(last, s.bucketDue(now)); err != nil {
		return err
	}
	if len(puts) == 0 {
		return nil
	}
	if err := s.log.write(puts, nil); err != nil {
		return s.fail(err)
	}
	if own {
		if err := s.log.sync(); err != nil {
			return s.fail(err)
		}
	}
	return s.answer()
}

// pack makes the next write of claims, without those that have expired while they waited: their
// buckets may be gone. It returns the last signed time, and whether any lies more than step ahead
// of the clock.
func (s *Store) pack(claims []pending, now int64) (puts []entry, last int64, ahead bool) {
	var lives [lifeCount]int
	var kinds uint64 // a bit for each class of life found
	bound := max(now, s.record.dropLine)
	live := claims[:0]
	for _, c := range claims {
		if c.expires <= bound {
			continue
		}
		last = max(last, c.signed)
		ahead = ahead || c.signed > now+int64(step)
		life := lifeOf(c.expires - now)
		lives[life]++
		kinds |= 1 << life
		live = append(live, c)
	}
	if len(live) == 0 {
		return nil, last, ahead
	}
	groups := [][]pending{live}
	if kinds&(kinds-1) != 0 {
		groups = groups[:0]
		for life, count := range lives {
			if count == 0 {
				continue
			}
			group := make([]pending, 0, count)
			for _, c := range live {
				if lifeOf(c.expires-now) == life {
					group = append(group, c)
				}
			}
			groups = append(groups, group)
		}
	}
	s.at.sequence++
	s.at.entries += uint64(len(groups))
	s.values = s.values[:0]
	for part, group := range groups {
		start, bucketEnd := len(s.values), uint64(0)
		s.values, bucketEnd = appendClaims(s.values, group, s.at)
		puts = append(puts, entry{claimKey(bucketEnd, s.at.sequence, part), s.values[start:]})
	}
	return puts, last, ahead
}

// answer records that the last write is about to be answered.
func (s *Store) answer() error {
	if err := s.acked.write(acked{position: s.at, claims: uint64(s.window.Held())}); err != nil {
		return s.fail(err)
	}
	return nil
}

// advance writes the record if the window's floor has risen, or signed lies beyond the ceiling, or
// line beyond the drop line. Afterwards the drop line stands in the window as well.
func (s *Store) advance(signed, line int64) error {
	// The offset is read before the floor: a jump between the two then shows as one again when the
	// store opens, while an offset later than its floor would hide it.
	offset := s.bounds.Offset()
	next := s.record
	next.floor = max(next.floor, s.bounds.Floor())
	if signed > next.ceiling {
		next.ceiling = roundUp(signed, int64(step))
	}
	next.dropLine = max(next.dropLine, line)
	if next == s.record {
		return nil
	}
	next.offset = offset
	next.serial++
	if err := s.state.write(next); err != nil {
		return s.fail(err)
	}
	if next.floor > s.record.floor {
		s.warnOfFloor(next.floor, floorOfJump) // nothing else raises it while the store is open
	}
	s.record = next
	s.window.Drop(next.dropLine)
	return nil
}

// fail stops the store. What the disk holds now is unknown, so the marks make the next Open treat
// this boot as another one; they need only outlive the process, since after a restart of the
// machine it is another one.
func (s *Store) fail(err error) error {
	f := &failure{err}
	s.failure.Store(f)
	next := s.record
	next.bootID = ""
	next.floor = max(next.floor, s.window.Floor())
	next.serial++
	for _, markErr := range [...]error{
		s.state.write(next),
		s.acked.write(acked{position: s.at, claims: uint64(s.window.Held()), failed: true}),
	} {
		if markErr != nil {
			err = fmt.Errorf("%w; and %w", err, markErr)
		}
	}
	s.logger.Error("nonce store has stopped: see to the disk and restart", "path", s.path, "error", err)
	return f
}

func roundUp(n, to int64) int64 { return (n + to - 1) / to * to }

// bucketDue returns the drop line to move to, or 0 if the next bucket is not over yet or there is
// nothing in it to drop.
func (s *Store) bucketDue(now int64) int64 {
	line := now - now%int64(bucketWidth)
	if line <= s.record.dropLine || s.window.Held() == 0 {
		return 0
	}
	return line
}
