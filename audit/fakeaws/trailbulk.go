package fakeaws

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// A TrailBulk is a trail of very many records, for load: most of them of services
// that have nothing to do with secrets.
type TrailBulk struct {
	Account, Region string
	From            time.Time
	Days            int
	Records         int
	PerFile         int     // records of one file
	Share           float64 // of records that are of Secrets Manager or KMS, a quarter of them of KMS; all of Secrets Manager if it is 1
	Secrets, Roles  int     // how many there are
	Seed            uint64
}

// Write writes the files into a folder and returns how many bytes the records
// have.
func (b *TrailBulk) Write(dir string) (size int64, err error) {
	random := rand.New(rand.NewPCG(b.Seed, 1))
	w := &trailWriter{dir: dir, random: random, account: b.Account, region: b.Region}
	others := b.others(random)
	step := time.Duration(b.Days) * 24 * time.Hour / time.Duration(max(b.Records, 1))
	for i := range b.Records {
		at := b.From.Add(time.Duration(i) * step)
		if random.Float64() >= b.Share {
			w.begin(at)
			start := len(w.text)
			one := &others[random.IntN(len(others))]
			w.text = append(w.text, one.text...)
			copy(w.text[start+one.id:], uuidOf(random))
			copy(w.text[start+one.at:], at.UTC().Format(time.RFC3339))
		} else {
			w.add(b.relevant(random, at))
		}
		if w.count == b.PerFile || i == b.Records-1 {
			size += int64(len(w.text))
			if err := w.close(); err != nil {
				return size, err
			}
		}
	}
	return size, nil
}

// relevant is a record of Secrets Manager's or of KMS's.
func (b *TrailBulk) relevant(random *rand.Rand, at time.Time) *TrailRecord {
	role := random.IntN(b.Roles)
	t := &TrailRecord{
		Time: at, Account: b.Account, Region: b.Region, Source: "secretsmanager.amazonaws.com", Name: "GetSecretValue", Reads: true,
		Kind: "AssumedRole", Role: fmt.Sprint("svc-", role), Session: "i-" + hexOf(random, 17), Home: b.Account,
		Address: fmt.Sprintf("10.0.%d.%d", role%256, random.IntN(8)), Agent: "aws-sdk-go-v2/1.47.6 ua/2.1 os/linux lang/go#1.26.0 md/GOOS#linux md/GOARCH#arm64 api/secretsmanager#1.50.0",
		Secret: fmt.Sprintf("arn:aws:secretsmanager:%s:%s:secret:prod/svc-%d/db-%06d", b.Region, b.Account, role%b.Secrets, role%b.Secrets),
	}
	if b.Share < 1 && random.IntN(4) == 0 {
		t.Source, t.Name, t.Address, t.Agent = "kms.amazonaws.com", "Decrypt", "secretsmanager.amazonaws.com", "secretsmanager.amazonaws.com"
		t.Parameters = fmt.Sprintf(`,"encryptionContext":{"SecretARN":%q}`, t.Secret)
	}
	t.Parameters += `,"padding":"` + strings.Repeat("x", 250) + `"` // to the mean length of a record
	return t
}

// An otherRecord is of no interest to who asks about secrets; its id and time are
// written anew each time.
type otherRecord struct {
	text   []byte
	id, at int // where they stand
}

// others makes a stock of them.
func (b *TrailBulk) others(random *rand.Rand) []otherRecord {
	list := make([]otherRecord, 2000)
	for i := range list {
		service := []string{"ec2", "sts", "s3", "ssm", "logs", "dynamodb", "lambda", "elasticloadbalancing"}[random.IntN(8)]
		t := &TrailRecord{
			Time: b.From, Account: b.Account, Region: b.Region, Source: service + ".amazonaws.com", Name: fmt.Sprint("DescribeThings", random.IntN(40)), Reads: true,
			Kind: "AssumedRole", Role: fmt.Sprint("app-", random.IntN(200)), Session: "i-" + hexOf(random, 17), Home: b.Account,
			Address: fmt.Sprintf("10.%d.%d.%d", random.IntN(256), random.IntN(256), random.IntN(256)),
			Agent:   "aws-sdk-go-v2/1.30.3 os/linux lang/go#1.26.0 md/GOOS#linux md/GOARCH#amd64 api/" + service + "#1.30.3", Secret: "i-" + hexOf(random, 17),
			Parameters: fmt.Sprintf(`,"filterSet":{"items":[{"name":"instance-id","valueSet":{"items":[{"value":"i-%s"},{"value":"i-%s"}]}}]},"maxResults":%d,"note":"a \"quoted\" {text}"`,
				hexOf(random, 17), hexOf(random, 17), random.IntN(1000)),
		}
		if random.IntN(2) == 0 {
			t.Parameters += `,"nextToken":"` + hexOf(random, 350) + `"`
		}
		text := t.append(nil, random)
		list[i] = otherRecord{text, bytes.Index(text, []byte(`"eventID":"`)) + len(`"eventID":"`), bytes.Index(text, []byte(`"eventTime":"`)) + len(`"eventTime":"`)}
	}
	return list
}
