package rules

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/assayhq/assay/report"
)

// A structure is a check of a credential's inner form that needs nothing but
// the credential: a checksum, a decoding, an alphabet.
type structure struct {
	verify func(token []byte) inspection
	// proves says that what fits was not made up: random text does not, and a
	// run of one character in it is no mask. Keys of OpenSSH hold such runs.
	proves bool
	// seal returns the characters that complete body, so that examples can be
	// made. nil where nothing is to be computed.
	seal func(body string) string
	// make returns all that follows a token's prefix, where random characters and
	// a seal do not do. Mostly nil.
	make func(rng *rand.Rand) string
}

// An inspection is what a structure check says.
type inspection struct {
	fits  bool
	worst report.Confidence // the most that a token which does not fit is given
	doubt string
	alien bool // the text is something else, and nothing to report
}

var (
	fits  = inspection{fits: true}
	alien = inspection{alien: true, worst: report.ConfidencePlaceholder, doubt: "It is something else."}
)

// A failed checksum was computed by nobody who issues tokens: the text is made
// up. It is still reported, for who asks for low confidence.
func badChecksum(what string) inspection {
	return inspection{worst: report.ConfidenceLow, doubt: "Its " + what + " does not fit, so it is most likely made up."}
}

func odd(what string) inspection {
	return inspection{worst: report.ConfidenceMedium, doubt: what}
}

// lower applies the inspection to a confidence.
func (v inspection) lower(c report.Confidence) (report.Confidence, string) {
	if v.fits {
		return c, ""
	}
	return min(c, v.worst), v.doubt
}

var structures = map[string]structure{
	"atlassian":       {verify: verifyAtlassian, proves: true, seal: sealAtlassian},
	"aws-key-id":      {verify: verifyAWSKeyID},
	"azure":           {verify: verifyAzure, seal: sealAzure},
	"base58check":     {verify: verifyBase58Check, proves: true, make: makeBase58Check},
	"bech32":          {verify: verifyBech32, proves: true, seal: sealBech32},
	"cloudflare":      {verify: verifyCloudflare, proves: true, seal: sealCloudflare},
	"confluent":       {verify: verifyConfluent, proves: true, seal: sealConfluent},
	"discord":         {verify: verifyDiscord, make: makeDiscord},
	"dropbox":         {verify: verifyDropbox, proves: true},
	"extended-key":    {verify: verifyBase58Check, proves: true, make: makeExtendedKey},
	"github":          {verify: verifyCRC32Base62, proves: true, seal: sealCRC32Base62},
	"gitlab-routable": {verify: verifyGitLabRoutable, proves: true, seal: sealGitLabRoutable},
	"grafana":         {verify: verifyGrafana, proves: true, seal: sealGrafana},
	"grafana-cloud":   {verify: verifyGrafanaCloud, make: makeGrafanaCloud},
	"jwt":             {verify: verifyJWT, make: randomJWT},
	"mnemonic":        {verify: verifyMnemonic, proves: true, make: makeMnemonic},
	"nkey":            {verify: verifyNKey, proves: true, seal: sealNKey},
	"npm":             {verify: verifyCRC32Base62, proves: true, seal: sealCRC32Base62},
	"onepassword":     {verify: verifyOnePassword, make: makeOnePassword},
	"pem":             {verify: verifyPEM, proves: true},
	"pypi":            {verify: verifyPyPI, make: makePyPI},
	"sentry":          {verify: verifySentry, make: makeSentry},
	"slack":           {verify: verifySlack},
	"zuplo":           {verify: verifyZuplo, proves: true, seal: sealZuplo},
}

// StructureNames returns the names that a rule's structure key may have, sorted.
func StructureNames() []string { return slices.Sorted(maps.Keys(structures)) }

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// GitHub and npm tokens are a prefix up to "_", 30 random characters and the
// CRC-32 of these in six base-62 digits.
// https://github.blog/engineering/behind-githubs-new-authentication-token-formats/
func verifyCRC32Base62(token []byte) inspection {
	body := token[bytes.LastIndexByte(token, '_')+1:]
	if len(body) < 7 {
		return badChecksum("checksum")
	}
	n := len(body) - 6
	if crc32Base62(body[:n]) != string(body[n:]) {
		return badChecksum("checksum")
	}
	return fits
}

func sealCRC32Base62(body string) string {
	return crc32Base62([]byte(body[strings.LastIndexByte(body, '_')+1:]))
}

func crc32Base62(body []byte) string {
	sum := crc32.ChecksumIEEE(body)
	out := []byte("000000")
	for i := len(out) - 1; sum > 0; i-- {
		out[i] = base62[sum%62]
		sum /= 62
	}
	return string(out)
}

// Routable GitLab tokens end in ".vv.LL" and seven base-36 digits of the CRC-32
// of all that stands before.
// https://handbook.gitlab.com/handbook/engineering/architecture/design-documents/cells/routable_tokens/
func verifyGitLabRoutable(token []byte) inspection {
	n := len(token) - 7
	if n < 0 || gitLabChecksum(token[:n]) != string(token[n:]) {
		return badChecksum("checksum")
	}
	return fits
}

func sealGitLabRoutable(body string) string { return gitLabChecksum([]byte(body)) }

func gitLabChecksum(body []byte) string {
	sum := strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 36)
	return strings.Repeat("0", 7-len(sum)) + sum
}

// Grafana service account tokens are "glsa_", 32 characters, "_" and the
// CRC-32 of the part before in little-endian hexadecimal.
// https://github.com/grafana/grafana/blob/main/pkg/components/satokengen/tokengen.go
func verifyGrafana(token []byte) inspection {
	n := bytes.LastIndexByte(token, '_')
	if n < 0 || grafanaChecksum(token[:n]) != strings.ToLower(string(token[n+1:])) {
		return badChecksum("checksum")
	}
	return fits
}

func sealGrafana(body string) string { return grafanaChecksum([]byte(strings.TrimSuffix(body, "_"))) }

func grafanaChecksum(body []byte) string {
	return hex.EncodeToString(binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(body)))
}

// AWS key ids since 2018 are four letters and base 32 (A-Z, 2-7) that holds the
// account id.
func verifyAWSKeyID(token []byte) inspection {
	if len(token) != 20 {
		return badChecksum("length")
	}
	if i := bytes.IndexAny(token[4:], "0189"); i >= 0 {
		return badChecksum("alphabet")
	}
	return fits
}

// Slack tokens are fields joined by hyphens: ids of digits, then a random part.
func verifySlack(token []byte) inspection {
	fields := strings.Split(string(token), "-")
	secret := fields[len(fields)-1]
	switch {
	case len(fields) < 3:
		return odd("It has too few parts for a current Slack token.")
	case len(secret) < 24:
		return odd("Its random part is shorter than that of a Slack token.")
	}
	return fits
}

// Long-lived tokens of Dropbox are 64 characters, the twelfth to the twenty-first of which are
// A: zero bytes, and no mask.
func verifyDropbox(token []byte) inspection {
	const from, to, size = 11, 21, 64
	if len(token) != size || !bytes.Equal(token[from:to], []byte("AAAAAAAAAA")) || mask(token[:from]) || mask(token[to:]) {
		return odd("It has not the zeros of a token of Dropbox.")
	}
	return fits
}

func verifyJWT(token []byte) inspection {
	parts := bytes.Split(token, []byte{'.'})
	if len(parts) < 3 {
		return badChecksum("number of parts")
	}
	var header struct {
		Alg string `json:"alg"`
		Enc string `json:"enc"`
	}
	if decodeJSON(parts[0], &header) != nil || header.Alg == "" {
		return badChecksum("header")
	}
	if header.Enc != "" {
		return fits // encrypted: the rest cannot be looked into
	}
	var payload map[string]any
	if decodeJSON(parts[1], &payload) != nil {
		return badChecksum("payload")
	}
	if subject, _ := payload["sub"].(string); header.Alg == "ed25519-nkey" && !strings.HasPrefix(subject, "U") {
		return inspection{worst: report.ConfidenceLow, doubt: "It says what an operator or an account of NATS is, which all may know; only one of a user lets somebody in."}
	}
	return fits
}

func decodeJSON(part []byte, into any) error {
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(string(part), "="))
	if err != nil {
		return fmt.Errorf("base64url: %w", err)
	}
	return json.Unmarshal(text, into)
}
