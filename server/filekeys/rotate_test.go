package filekeys

import (
	"errors"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/canonical"
)

func at(hours int) time.Time { return testNow.Add(time.Duration(hours) * time.Hour) }

func secretEnding(n byte, notAfter time.Time) Secret {
	return Secret{Secret: canonical.NewSecret(testSecret("live", n)), NotAfter: notAfter}
}

func TestRotate(t *testing.T) {
	var never time.Time
	fresh := Secret{Secret: canonical.NewSecret(testSecret("live", 9)), CreatedAt: testNow}
	cases := []struct {
		name     string
		secrets  []Secret
		rotation Rotation
		want     []Secret
		dropped  int
		err      error
	}{
		{"one secret", []Secret{secretEnding(1, never)}, Rotation{Overlap: 24 * time.Hour},
			[]Secret{fresh, secretEnding(1, at(24))}, 0, nil},
		{"an earlier end stays", []Secret{secretEnding(1, never), secretEnding(2, at(3))}, Rotation{Overlap: 24 * time.Hour},
			[]Secret{fresh, secretEnding(1, at(24)), secretEnding(2, at(3))}, 0, nil},
		{"a later end comes forward", []Secret{secretEnding(1, never), secretEnding(2, at(48))}, Rotation{Overlap: 24 * time.Hour},
			[]Secret{fresh, secretEnding(1, at(24)), secretEnding(2, at(24))}, 0, nil},
		{"what ended is removed", []Secret{secretEnding(1, never), secretEnding(2, at(-1))}, Rotation{Overlap: 24 * time.Hour},
			[]Secret{fresh, secretEnding(1, at(24))}, 0, nil},
		{"the last instant is active", []Secret{secretEnding(1, never), secretEnding(2, testNow)}, Rotation{Overlap: 24 * time.Hour},
			[]Secret{fresh, secretEnding(1, at(24)), secretEnding(2, testNow)}, 0, nil},
		{"no overlap ends all", []Secret{secretEnding(1, never), secretEnding(2, at(3)), secretEnding(3, at(3)), secretEnding(4, at(3))}, Rotation{},
			[]Secret{fresh}, 0, nil},
		{"a fifth is refused", []Secret{secretEnding(1, never), secretEnding(2, at(3)), secretEnding(3, at(3)), secretEnding(4, at(2))}, Rotation{Overlap: time.Hour},
			[]Secret{secretEnding(1, never), secretEnding(2, at(3)), secretEnding(3, at(3)), secretEnding(4, at(2))}, 0, ErrTooManySecrets},
		{"a fifth by force drops the oldest", []Secret{secretEnding(1, never), secretEnding(2, at(3)), secretEnding(3, at(3)), secretEnding(4, at(2))}, Rotation{Overlap: time.Hour, Force: true},
			[]Secret{fresh, secretEnding(1, at(1)), secretEnding(2, at(1)), secretEnding(3, at(1))}, 1, nil},
		{"one that ended makes room", []Secret{secretEnding(1, never), secretEnding(2, at(3)), secretEnding(3, at(3)), secretEnding(4, at(-2))}, Rotation{Overlap: time.Hour},
			[]Secret{fresh, secretEnding(1, at(1)), secretEnding(2, at(1)), secretEnding(3, at(1))}, 0, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := Record{Secrets: c.secrets}
			c.rotation.Now = testNow
			dropped, err := r.Rotate(fresh.Secret, c.rotation)
			if dropped != c.dropped || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
				t.Errorf("dropped %d, %v", dropped, err)
			}
			if !r.equal(&Record{Secrets: c.want}) {
				t.Errorf("the secrets are\n%+v\nnot\n%+v", r.Secrets, c.want)
			}
		})
	}
	if _, err := (&Record{}).Rotate(fresh.Secret, Rotation{Overlap: -1}); err == nil {
		t.Error("a negative overlap is accepted")
	}
}

func TestRevokeSecret(t *testing.T) {
	var never time.Time
	r := Record{Secrets: []Secret{secretEnding(1, never), secretEnding(2, at(3)), secretEnding(3, at(-1))}}
	for _, index := range []int{-1, 3} {
		if err := r.RevokeSecret(index, testNow); err == nil {
			t.Errorf("secret %d is removed", index)
		}
	}
	if err := r.RevokeSecret(1, testNow); err != nil || len(r.Secrets) != 2 {
		t.Fatalf("%+v, %v", r.Secrets, err)
	}
	if err := r.RevokeSecret(0, testNow); err == nil || len(r.Secrets) != 2 {
		t.Errorf("the last active secret is removed: %+v", r.Secrets)
	}
	if err := r.RevokeSecret(1, testNow); err != nil || len(r.Secrets) != 1 {
		t.Errorf("%+v, %v", r.Secrets, err)
	}
}

func TestNewRecordIsAccepted(t *testing.T) {
	r, err := NewRecord("eu-1", testNow)
	if err != nil || r.Check(testNow) != nil || r.Secrets[0].Imported() || r.ID[:8] != "ck_eu-1_" {
		t.Errorf("%+v, %v", r, err)
	}
	if other, _ := NewRecord("eu-1", testNow); other.ID == r.ID || other.Secrets[0].Secret.Equal(r.Secrets[0].Secret) {
		t.Error("two records are alike")
	}
	if _, err := NewRecord("EU", testNow); err == nil {
		t.Error("a bad environment is accepted")
	}
}
