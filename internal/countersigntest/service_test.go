package countersigntest_test

import (
	"net/http"
	"testing"

	"github.com/countersign-dev/countersign/internal/countersigntest"
)

func TestMain(m *testing.M) { countersigntest.Main(m) }

func TestServiceStartsAndEnds(t *testing.T) {
	s := countersigntest.StartDev(t)
	answer, err := http.Get(s.Settings["COUNTERSIGN_URL"] + "/whoami")
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusUnauthorized || len(s.Settings) != 5 || len(s.Curl) != 2 {
		t.Fatalf("%s, %d settings, %d commands", answer.Status, len(s.Settings), len(s.Curl))
	}
	if code := s.Stop(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, s.Log())
	}
	if _, notes, code := countersigntest.Run(t, "no-such-command"); code != 2 || notes == "" {
		t.Fatalf("exit code %d, %q", code, notes)
	}
}
