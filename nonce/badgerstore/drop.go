package badgerstore

import "time"

// dropPart is how many entries are deleted between two batches of claims.
const dropPart = 256

// dropped is how far the entries below the drop line have been deleted.
type dropped struct {
	line  int64  // everything up to this drop line is gone
	after []byte // beyond it, everything up to this key
}

// tidy persists a raised floor, moves the drop line on if a bucket is over, and deletes a part of
// what lies below it. It returns whether there is more to delete.
func (s *Store) tidy() (more bool, err error) {
	if f := s.failure.Load(); f != nil {
		return false, f
	}
	if err := s.advance(0, s.bucketDue(s.window.Look())); err != nil {
		return false, err
	}
	if s.record.dropLine == s.dropped.line {
		return false, nil
	}
	// Deletions are writes too: they wait where there is no room for them.
	if err := s.disk.check(); err != nil {
		return false, err
	}
	return s.deletePart()
}

func (s *Store) deletePart() (more bool, err error) {
	keys, err := s.log.below(s.record.dropLine, s.dropped.after, dropPart)
	if err != nil {
		return false, s.fail(err)
	}
	if len(keys) > 0 {
		s.at.sequence++
		s.at.entries -= uint64(len(keys))
		mark := entry{[]byte(deletionKey), packDeletion(s.at)}
		if err := s.log.write([]entry{mark}, keys); err != nil {
			return false, s.fail(err)
		}
		if err := s.answer(); err != nil {
			return false, err
		}
		s.dropped.after = keys[len(keys)-1]
	}
	if len(keys) == dropPart {
		return true, nil
	}
	s.dropped.line = s.record.dropLine
	return false, nil
}

// makeRoom moves the drop line to the last full second, for a store that is full.
func (s *Store) makeRoom(now int64) error {
	return s.advance(0, now-now%int64(time.Second))
}
