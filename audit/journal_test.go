package audit

import (
	"bytes"
	"errors"
	"testing"
	"time"
)

// A fullOnce takes half of its second write and everything after that, as a disk does
// that somebody tidies.
type fullOnce struct {
	bytes.Buffer
	writes int
}

var errFull = errors.New("it is full")

func (f *fullOnce) Write(p []byte) (int, error) {
	if f.writes++; f.writes == 2 {
		n, _ := f.Buffer.Write(p[:len(p)/2])
		return n, errFull
	}
	return f.Buffer.Write(p)
}

// After half a record none follows: what is kept can be read, and says that it is broken.
func TestNothingFollowsHalfARecord(t *testing.T) {
	w := &fullOnce{}
	j, err := NewJournal(w, Options{Now: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		err = j.note(&RegionRecord{Type: "region", Account: testAccount, Region: "eu-west-1", Partition: "aws", Status: RegionExamined})
		if !errors.Is(err, errFull) {
			t.Error(err)
		}
	}
	inv, err := ReadInventory(&w.Buffer)
	if err != nil || !inv.Broken || w.writes != 2 {
		t.Errorf("%d writes, %v", w.writes, err)
	}
}
