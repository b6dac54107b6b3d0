package badgerstore

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// acked is how far claims have been answered, written before every answer and never fsynced: it
// has to outlive the process, not the machine. What the log holds less of than this has been lost.
type acked struct {
	position
	// claims is how many claims the store held, for ReadInfo.
	claims uint64
	// failed: a write or sync has failed, so that the log cannot be trusted. It stands here as
	// well as in the record, in case the record could not be written either.
	failed bool
}

const (
	ackedMagic   = "cs acked"
	ackedSize    = len(ackedMagic) + 4*8 + 4
	ackedSpacing = 64
)

func (a *acked) append(dst []byte) []byte {
	start := len(dst)
	dst = append(dst, ackedMagic...)
	failed := uint64(0)
	if a.failed {
		failed = 1
	}
	for _, n := range [...]uint64{a.sequence, a.entries, a.claims, failed} {
		dst = binary.BigEndian.AppendUint64(dst, n)
	}
	return append(dst[:start], seal(dst[start:])...)
}

func parseAcked(slot []byte) (acked, bool) {
	if len(slot) != ackedSize {
		return acked{}, false
	}
	body, ok := unseal(slot, ackedMagic)
	if !ok {
		return acked{}, false
	}
	failed := binary.BigEndian.Uint64(body[24:])
	if failed > 1 {
		return acked{}, false
	}
	return acked{
		position: position{sequence: binary.BigEndian.Uint64(body), entries: binary.BigEndian.Uint64(body[8:])},
		claims:   binary.BigEndian.Uint64(body[16:]),
		failed:   failed == 1,
	}, true
}

// parseAckedFile returns the later of two slots, written in turn.
func parseAckedFile(file []byte) (acked, bool) {
	if len(file) != ackedSpacing+ackedSize {
		return acked{}, false
	}
	first, okFirst := parseAcked(file[:ackedSize])
	second, okSecond := parseAcked(file[ackedSpacing:])
	if !okFirst || okSecond && second.sequence > first.sequence {
		first, second = second, first
	}
	first.failed = first.failed || second.failed
	return first, okFirst || okSecond
}

// readAcked returns false if there is no such file, or none that can be read.
func readAcked(path string) (acked, bool, error) {
	text, err := os.ReadFile(filepath.Join(path, ackedName))
	if errors.Is(err, fs.ErrNotExist) {
		return acked{}, false, nil
	}
	if err != nil {
		return acked{}, false, err
	}
	a, ok := parseAckedFile(text)
	return a, ok, nil
}

// ackedFile is used by the store's committer alone.
type ackedFile struct {
	file *os.File
	turn int64
	buf  []byte
}

// openAckedFile opens the file, or creates it, with a in both slots.
func openAckedFile(path string, a acked) (*ackedFile, error) {
	file, err := os.OpenFile(filepath.Join(path, ackedName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	f := &ackedFile{file: file}
	if err := f.reset(a); err != nil {
		_ = file.Close()
		return nil, err
	}
	return f, nil
}

// reset puts a into both slots.
func (f *ackedFile) reset(a acked) error { return errors.Join(f.write(a), f.write(a)) }

func (f *ackedFile) write(a acked) error {
	f.buf = a.append(f.buf[:0])
	f.turn++
	_, err := f.file.WriteAt(f.buf, f.turn%2*ackedSpacing)
	return err
}

func (f *ackedFile) close() error { return f.file.Close() }
