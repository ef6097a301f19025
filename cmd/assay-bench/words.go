package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strings"
)

// What generated files are written with. Many words are keywords of scanners,
// as in real sources; a line never holds a credential unless it is planted.
var words = strings.Fields(`account api auth backend batch bucket cache client cluster
	config connection context cursor database deploy digest driver engine event
	filter gateway handler header index invoice job key ledger limit loader message
	metric module network node order packet parser password path payment pipeline
	policy pool probe query queue record region request result route scheduler
	schema secret server service session shard signal stream table task tenant
	token trace user value vault volume webhook worker`)

var verbs = strings.Fields("Add Change Clean Document Extend Fix Move Remove Rename Simplify Speed Test Tidy Update")

func pick(rng *rand.Rand, from []string) string { return from[rng.IntN(len(from))] }

// A fileKind is how the files with one extension are written.
type fileKind struct {
	ext    string
	line   func(*rand.Rand) string
	assign func(name, value string) string // one or more lines, without the last line end
}

var fileKinds = []fileKind{
	{".go", goLine, quoted("var %s = %q")},
	{".yaml", yamlLine, indented("%s: %q", "%s: |\n%s")},
	{".py", pyLine, quoted("%s = %q")},
	{".md", textLine, indented("%s: `%s`", "%s:\n\n%s\n")},
	{".sh", shellLine, quoted("export %s=%q")},
	{".json", jsonLine, quoted("  \"%s\": %q,")},
}

func quoted(format string) func(string, string) string {
	return func(name, value string) string { return fmt.Sprintf(format, name, value) }
}

// indented writes a value of several lines as an indented block.
func indented(one, block string) func(string, string) string {
	return func(name, value string) string {
		if !strings.Contains(value, "\n") {
			return fmt.Sprintf(one, name, value)
		}
		return fmt.Sprintf(block, name, "    "+strings.ReplaceAll(value, "\n", "\n    "))
	}
}

func goLine(rng *rand.Rand) string {
	a, b, c := pick(rng, words), pick(rng, words), pick(rng, words)
	switch rng.IntN(6) {
	case 0:
		return fmt.Sprintf("// The %s of a %s is kept until the %s ends.", a, b, c)
	case 1:
		return fmt.Sprintf("\t%s := s.%s.%s(ctx, %d)", a, b, c, rng.IntN(1000))
	case 2:
		return fmt.Sprintf("\tif %s == nil || %s.%s() {", a, b, c)
	case 3:
		return fmt.Sprintf("\treturn fmt.Errorf(\"%s of %s: %%w\", err)", a, b)
	case 4:
		return fmt.Sprintf("\t%s := os.Getenv(%q)", a, strings.ToUpper(b+"_"+c))
	}
	return "\t}"
}

func yamlLine(rng *rand.Rand) string {
	indent := strings.Repeat("  ", rng.IntN(4))
	a, b := pick(rng, words), pick(rng, words)
	switch rng.IntN(5) {
	case 0:
		return fmt.Sprintf("%s%s:", indent, a)
	case 1:
		return fmt.Sprintf("%s%s: %d", indent, a, rng.IntN(70000))
	case 2:
		return fmt.Sprintf("%s- name: %s-%s", indent, a, b)
	case 3:
		return fmt.Sprintf("%sdigest: sha256:%016x%016x%016x%016x", indent, rng.Uint64(), rng.Uint64(), rng.Uint64(), rng.Uint64())
	}
	return fmt.Sprintf("%s%s: ${%s}", indent, a, strings.ToUpper(b))
}

func pyLine(rng *rand.Rand) string {
	a, b, c := pick(rng, words), pick(rng, words), pick(rng, words)
	switch rng.IntN(4) {
	case 0:
		return fmt.Sprintf("def %s_%s(%s):", a, b, c)
	case 1:
		return fmt.Sprintf("    %s = self.%s[%q]", a, b, c)
	case 2:
		return fmt.Sprintf("    # %s before %s, see the %s", a, b, c)
	}
	return fmt.Sprintf("    return %s(%s, %s=None)", a, b, c)
}

func textLine(rng *rand.Rand) string {
	n := 4 + rng.IntN(12)
	line := make([]string, n)
	for i := range line {
		line[i] = pick(rng, words)
	}
	return strings.Join(line, " ") + "."
}

func shellLine(rng *rand.Rand) string {
	a, b, c := pick(rng, words), pick(rng, words), pick(rng, words)
	switch rng.IntN(3) {
	case 0:
		return fmt.Sprintf("%s=\"$(%s --%s)\"", strings.ToUpper(a), b, c)
	case 1:
		return fmt.Sprintf("%s --%s \"$%s\" | grep %s", a, b, strings.ToUpper(c), a)
	}
	return fmt.Sprintf("# %s and %s", a, b)
}

func jsonLine(rng *rand.Rand) string {
	a, b := pick(rng, words), pick(rng, words)
	switch rng.IntN(3) {
	case 0:
		return fmt.Sprintf("  %q: %q,", a, b)
	case 1:
		return fmt.Sprintf("  %q: %d,", a+"_"+b, rng.IntN(1<<20))
	}
	return fmt.Sprintf("  %q: { \"id\": \"%08x-%04x-4%03x-a%03x-%012x\" },", a, rng.Uint32(), rng.IntN(1<<16), rng.IntN(1<<12), rng.IntN(1<<12), rng.Uint64()>>16)
}

// A credentialMaker makes random credentials of one kind. No credential stands
// in this file: they are made when a corpus is built.
type credentialMaker struct {
	kind string
	name string // what the planted line calls it
	make func(*rand.Rand) string
}

const (
	digits = "0123456789"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lower  = "abcdefghijklmnopqrstuvwxyz"
	base62 = digits + upper + lower
)

var credentialMakers = []credentialMaker{
	{"github", "deploy_auth", githubToken},
	{"aws", "bucket_access", func(rng *rand.Rand) string { return "AK" + "IA" + random(rng, upper+"234567", 16) }},
	{"slack", "notify", func(rng *rand.Rand) string {
		return fmt.Sprintf("xo"+"xb-%s-%s-%s", random(rng, digits, 12), random(rng, digits, 13), random(rng, base62, 24))
	}},
	{"stripe", "payment", func(rng *rand.Rand) string { return "sk" + "_live_" + random(rng, base62, 24) }},
	{"private-key", "signing", privateKey},
	{"password", "database_password", func(rng *rand.Rand) string { return random(rng, base62, 20) }},
}

func random(rng *rand.Rand, alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[rng.IntN(len(alphabet))]
	}
	return string(b)
}

// githubToken has the checksum that GitHub gives its tokens: the CRC-32 of the
// random part in six characters of base 62.
func githubToken(rng *rand.Rand) string {
	body := random(rng, base62, 30)
	sum := crc32.ChecksumIEEE([]byte(body))
	check := make([]byte, 6)
	for i := range check {
		check[5-i] = base62[sum%62]
		sum /= 62
	}
	return "gh" + "p_" + body + string(check)
}

func privateKey(rng *rand.Rand) string {
	seed := []byte(random(rng, base62, ed25519.SeedSize))
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(seed))
	if err != nil {
		panic(err) // an Ed25519 key can always be encoded
	}
	return strings.TrimSpace(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE" + " KEY", Bytes: der})))
}
