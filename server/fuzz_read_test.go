package server_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/countersign-dev/countersign/server"
)

// FuzzRecord reads what stands in a log where a record should: a record that is written again as one
// line of printable ASCII and reads the same, or an error that leaves nothing.
func FuzzRecord(f *testing.F) {
	f.Add([]byte(`{"countersign_record":1,"time":"2026-11-20T09:30:00Z","method":"GET","target":"/a","signed":[{"name":"A","values":["é",""]},{"name":"B","base64":["/w=="]}],"body":{"sha256":"00","bytes":3}}`))
	f.Add([]byte(`{"countersign_record":2}`))
	f.Add([]byte(`{"countersign_record":1,"signed":[{"base64":["="]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var record server.Record
		if err := json.Unmarshal(text, &record); err != nil {
			require.Equal(t, server.Record{}, record)
			return
		}
		written, err := json.Marshal(&record)
		if err != nil {
			return // a year of five digits cannot be written
		}
		for _, c := range written {
			require.True(t, c >= ' ' && c <= '~', "%s", written)
		}
		var again server.Record
		require.NoError(t, json.Unmarshal(written, &again))
		rewritten, err := json.Marshal(&again)
		require.NoError(t, err)
		require.Equal(t, string(written), string(rewritten))
	})
}
