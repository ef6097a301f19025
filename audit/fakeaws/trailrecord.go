package fakeaws

import (
	"compress/gzip"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// A TrailRecord is what a record of a trail says. Made for many: it writes its JSON
// itself.
type TrailRecord struct {
	Time            time.Time
	Account, Region string // where it is recorded
	Source, Name    string // "secretsmanager.amazonaws.com", "GetSecretValue"
	Service         bool   // an event of the service's own
	Reads           bool
	Kind            string // of identity: AssumedRole, IAMUser, AWSAccount
	Role            string // name, or the user's
	Session         string // of a role
	Home            string // account of the identity
	Address, Agent  string
	Console         bool
	Secret          string // as it is named
	Parameters      string // further ones, ",\"k\":1"
	Error, Message  string
}

// append writes the record as CloudTrail does, with ids by chance.
func (t *TrailRecord) append(to []byte, random *rand.Rand) []byte {
	text := func(name, value string) {
		to = append(append(append(to, ',', '"'), name...), '"', ':')
		to = appendString(to, value)
	}
	to = append(to, `{"eventVersion":"1.11","userIdentity":`...)
	to = t.appendIdentity(to, random)
	text("eventTime", t.Time.UTC().Format(time.RFC3339))
	text("eventSource", t.Source)
	text("eventName", t.Name)
	text("awsRegion", t.Region)
	text("sourceIPAddress", t.Address)
	text("userAgent", t.Agent)
	if t.Error != "" {
		text("errorCode", t.Error)
	}
	if t.Message != "" {
		text("errorMessage", t.Message)
	}
	to = t.appendParameters(to)
	to = append(append(to, `,"responseElements":null,"requestID":"`...), uuidOf(random)...)
	to = append(append(to, `","eventID":"`...), uuidOf(random)...)
	to = strconv.AppendBool(append(to, `","readOnly":`...), t.Reads)
	kind := "AwsApiCall"
	if t.Service {
		kind = "AwsServiceEvent"
	}
	text("eventType", kind)
	to = append(to, `,"managementEvent":true`...)
	text("recipientAccountId", t.Account)
	to = append(to, `,"eventCategory":"Management"`...)
	if t.Console {
		to = append(to, `,"sessionCredentialFromConsole":"true"`...)
	} else if !t.Service {
		to = append(to, `,"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"`...)
		to = append(append(to, t.Source[:max(0, len(t.Source)-len(".amazonaws.com"))]...), '.')
		to = append(append(to, t.Region...), `.amazonaws.com"}`...)
	}
	return append(to, '}')
}

func (t *TrailRecord) appendIdentity(to []byte, random *rand.Rand) []byte {
	switch {
	case t.Service:
		return fmt.Appendf(to, `{"accountId":%q,"invokedBy":%q}`, t.Account, t.Source)
	case t.Kind == "IAMUser":
		return fmt.Appendf(to, `{"type":"IAMUser","principalId":"AIDA%s","arn":"arn:aws:iam::%s:user/%s","accountId":%q,"accessKeyId":"","userName":%q}`,
			hexOf(random, 16), t.Home, t.Role, t.Home, t.Role)
	case t.Kind == "AWSAccount":
		return fmt.Appendf(to, `{"type":"AWSAccount","principalId":"AROA%s:%s","accountId":%q}`, hexOf(random, 16), t.Session, t.Home)
	}
	id := hexOf(random, 16)
	return fmt.Appendf(to, `{"type":"AssumedRole","principalId":"AROA%s:%s","arn":"arn:aws:sts::%s:assumed-role/%s/%s","accountId":%q,`+
		`"accessKeyId":"","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA%s","arn":"arn:aws:iam::%s:role/%s",`+
		`"accountId":%q,"userName":%q},"attributes":{"creationDate":%q,"mfaAuthenticated":"false"}}}`,
		id, t.Session, t.Home, t.Role, t.Session, t.Home, id, t.Home, t.Role, t.Home, t.Role, t.Time.UTC().Truncate(time.Hour).Format(time.RFC3339))
}

func (t *TrailRecord) appendParameters(to []byte) []byte {
	switch {
	case t.Service:
		return append(appendString(append(to, `,"requestParameters":null,"additionalEventData":{"SecretId":`...), t.Secret), '}')
	case t.Secret == "" && t.Parameters == "":
		return append(to, `,"requestParameters":null`...)
	case t.Name == "CreateSecret":
		to = appendString(append(to, `,"requestParameters":{"name":`...), t.Secret)
	default:
		to = appendString(append(to, `,"requestParameters":{"secretId":`...), t.Secret)
	}
	return append(append(to, t.Parameters...), '}')
}

func hexOf(random *rand.Rand, n int) string {
	const digits = "0123456789ABCDEF"
	b := make([]byte, n)
	for i := range b {
		b[i] = digits[random.IntN(16)]
	}
	return string(b)
}

func uuidOf(random *rand.Rand) string {
	a, b := random.Uint64(), random.Uint64()
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", uint32(a>>32), uint16(a>>16), uint16(a), uint16(b>>48), b&(1<<48-1))
}

// A trailWriter writes files of a trail in the folders that CloudTrail makes.
type trailWriter struct {
	dir     string
	random  *rand.Rand
	account string
	region  string
	text    []byte
	count   int
	last    time.Time
}

func (w *trailWriter) add(t *TrailRecord) {
	w.begin(t.Time)
	w.text = t.append(w.text, w.random)
}

// begin makes room for a record.
func (w *trailWriter) begin(at time.Time) {
	if w.count == 0 {
		w.text = append(w.text[:0], `{"Records":[`...)
	} else {
		w.text = append(w.text, ',')
	}
	w.count++
	w.last = at
}

// close writes the file.
func (w *trailWriter) close() error {
	if w.count == 0 {
		return nil
	}
	w.text = append(w.text, "]}"...)
	w.count = 0
	dir := filepath.Join(w.dir, "AWSLogs", w.account, "CloudTrail", w.region, filepath.FromSlash(w.last.UTC().Format("2006/01/02")))
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	name := fmt.Sprintf("%s_CloudTrail_%s_%s_%s.json.gz", w.account, w.region, w.last.UTC().Format("20060102T1504Z"), hexOf(w.random, 16))
	file, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	z, err := gzip.NewWriterLevel(file, gzip.BestSpeed)
	if err == nil {
		_, err = z.Write(w.text)
		err = errors.Join(err, z.Close())
	}
	return errors.Join(err, file.Close())
}
