package main

import (
	"io"
	"reflect"
	"strings"
	"testing"
)

// Every key of the [audit] table that is no setting of the checks is a flag of
// assay audit, so that none is read and does nothing.
func TestAuditKeysAreFlags(t *testing.T) {
	flags := (&app{}).auditCommand().Flags()
	table := reflect.TypeFor[auditConfig]()
	for i := range table.NumField() {
		if key := table.Field(i).Tag.Get("toml"); key != "" && flags.Lookup(key) == nil {
			t.Errorf("the key %s is no flag", key)
		}
	}
}

// Two profiles may ask for a code each, also where the answers come from a pipe.
func TestAskMFATwice(t *testing.T) {
	a := &app{stdin: strings.NewReader("111111\n 222222"), stderr: io.Discard}
	for _, want := range []string{"111111", "222222"} {
		if code, err := a.askMFA(t.Context()); code != want || err != nil {
			t.Errorf("the code is %q, %v", code, err)
		}
	}
	if _, err := a.askMFA(t.Context()); err == nil {
		t.Error("no code is a code")
	}
}
