package badgerstore

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// seal appends a checksum of what buf holds.
func seal(buf []byte) []byte {
	return binary.BigEndian.AppendUint32(buf, crc32.Checksum(buf, castagnoli))
}

// unseal checks the checksum and what buf begins with, and returns what lies between.
func unseal(buf []byte, magic string) ([]byte, bool) {
	if len(buf) < len(magic)+4 || !bytes.HasPrefix(buf, []byte(magic)) {
		return nil, false
	}
	body := buf[:len(buf)-4]
	if crc32.Checksum(body, castagnoli) != binary.BigEndian.Uint32(buf[len(body):]) {
		return nil, false
	}
	return body[len(magic):], true
}
