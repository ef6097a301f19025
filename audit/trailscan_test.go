package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// scanned returns the records that are handed out.
func scanned(in io.Reader) (found []string, s *recordScanner, err error) {
	s = &recordScanner{}
	s.reset(in)
	err = s.scan(func(record []byte, _ bool) { found = append(found, string(record)) })
	return found, s, err
}

const (
	ofEC2     = `{"eventSource":"ec2.amazonaws.com","a":"\"}],{","b":[{"c":"\\"},[]]}`
	ofSM      = `{"x":{"y":"}"},"eventSource": "secretsmanager.amazonaws.com"}`
	namesIt   = `{"eventSource":"kms.amazonaws.com","sourceIPAddress":"secretsmanager.amazonaws.com"}`
	inAString = `{"eventSource":"ec2.amazonaws.com","note":"\"eventSource\":\"secretsmanager.amazonaws.com\""}`
)

func TestRecordScanner(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string
		records    int
		foreign    bool
		err        string
	}{
		{"none", `{"Records":[]}`, nil, 0, false, ""},
		{"the first and those of interest", `{"Records":[` + strings.Join([]string{ofEC2, namesIt, ofSM, inAString, ofSM, ofEC2}, ",") + `]}`, []string{ofEC2, ofSM, ofSM}, 6, false, ""},
		{"white space", " { \"Records\" :\n[ " + ofEC2 + "\r\n ,\t" + ofSM + "\n]\n}\n", []string{ofEC2, ofSM}, 2, false, ""},
		{"a digest", `{"awsAccountId":"111122223333","Records":[]}`, nil, 0, true, ""},
		{"nothing", "", nil, 0, true, ""},
		{"text", "hello", nil, 0, true, ""},
		{"cut in a record", `{"Records":[` + ofSM + `,{"a":"`, []string{ofSM}, 1, false, "after 1 records: unexpected EOF"},
		{"cut after a record", `{"Records":[` + ofSM, []string{ofSM}, 1, false, "after 1 records: unexpected EOF"},
		{"no record", `{"Records":[` + ofSM + `,7]}`, []string{ofSM}, 1, false, "no record"},
		{"several lists", `{"Records":[` + ofSM + `]}` + "\n" + `{"Records":[` + ofEC2 + `,` + ofSM + `]}`, []string{ofSM, ofSM}, 3, false, ""},
		{"a second list at the end of the buffer", `{"Records":[` + ofSM + `]}` + strings.Repeat(" ", scanBuffer-len(`{"Records":[]}{"Rec`)-len(ofSM)) + `{"Records":[` + ofSM + `]}`, []string{ofSM, ofSM}, 2, false, ""},
		{"cut behind the list", `{"Records":[` + ofSM + `]`, []string{ofSM}, 1, false, "after 1 records: unexpected EOF"},
		{"more behind the list", `{"Records":[` + ofSM + `],"x":1}`, []string{ofSM}, 1, false, "behind its records"},
		{"more behind the file", `{"Records":[` + ofSM + `]}[]`, []string{ofSM}, 1, false, "behind its records"},
		{"too long", `{"Records":[` + ofSM + `,{"a":"` + strings.Repeat("x", scanBuffer) + `"}]}`, []string{ofSM}, 1, false, "longer than"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, s, err := scanned(iotest.OneByteReader(strings.NewReader(tt.text)))
			if len(tt.text) > scanBuffer {
				found, s, err = scanned(strings.NewReader(tt.text))
			}
			if fmt.Sprint(found) != fmt.Sprint(tt.want) || s.records != tt.records {
				t.Errorf("got %d records, %q", s.records, found)
			}
			if tt.foreign != errors.Is(err, errForeign) || !tt.foreign && (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// Records that stand across the end of what is held are found too.
func TestRecordScannerAcrossBuffers(t *testing.T) {
	var text bytes.Buffer
	text.WriteString(`{"Records":[` + ofEC2)
	const n = 200_000
	for i := range n {
		text.WriteString(",")
		text.WriteString([]string{ofEC2, ofEC2, ofSM}[i%3])
	}
	text.WriteString("]}")
	found, s, err := scanned(&text)
	if err != nil || s.records != n+1 || len(found) != n/3+1 {
		t.Errorf("%d records, %d found, %v", s.records, len(found), err)
	}
}

// Whatever the bytes are, the scanner ends, and says of valid files what a reader
// of all the JSON says.
func FuzzRecordScanner(f *testing.F) {
	for _, seed := range []string{`{"Records":[` + ofEC2 + "," + ofSM + "]}", `{"Records":[{"a":"\\\""}]}`, "{}", `{"Records":[[]]}`, `{"Records":[{]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		found, s, err := scanned(bytes.NewReader(text))
		var whole struct{ Records []json.RawMessage }
		d := json.NewDecoder(bytes.NewReader(text))
		if !bytes.HasPrefix(text, []byte(`{"Records":[{`)) || d.Decode(&whole) != nil || err != nil {
			return
		}
		want := 0
		for i, one := range whole.Records {
			if i == 0 || bytes.Contains(one, secretsMark) && ofSecrets(one) {
				want++
			}
		}
		if bytes.Count(text, []byte(`"Records"`)) == 1 && (s.records != len(whole.Records) || len(found) != want) {
			t.Errorf("%d records of %d, %d found of %d", s.records, len(whole.Records), len(found), want)
		}
	})
}
