package rules

import (
	"crypto/elliptic"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// Examples stand in rule files as templates, so that no credential lies in the
// tree in plain sight. {CLASS:N} stands for N random characters of a class,
// {uuid}, {jwt} and {pem:LABEL} for what they say, {bytes:HEX} for bytes that are no text, {seal} for the checksum that
// the rule's structure computes over the token before it, {token} for all that
// follows the prefix where the structure computes all of it. Every other brace is
// text.
var templateField = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{([A-Za-z0-9]+)(?::([A-Za-z0-9 ]+))?\}`) })

var templateClasses = map[string]string{
	"digit":      "0123456789",
	"hex":        "0123456789abcdef",
	"HEX":        "0123456789ABCDEF",
	"lower":      "abcdefghijklmnopqrstuvwxyz",
	"upper":      "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
	"loweralnum": "0123456789abcdefghijklmnopqrstuvwxyz",
	"upperalnum": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
	"base62":     base62,
	"base32":     "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
	"base64":     base62 + "+/",
	"base64url":  base62 + "-_",
	"bech32":     bech32,
	"BECH32":     "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
}

// Expand fills the template of an example of r. The same seed gives the same text.
func (r *Rule) Expand(template string, seed uint64) (string, error) {
	text, err := r.fill(template, seed)
	if err != nil {
		err = fmt.Errorf("%s: rule %q: example %q: %w", r.Origin, r.ID, template, err)
	}
	return text, err
}

// fill is Expand, with errors that do not name the rule.
func (r *Rule) fill(template string, seed uint64) (string, error) {
	h := fnv.New64a()
	h.Write([]byte(r.ID + template))
	rng := rand.New(rand.NewPCG(seed, h.Sum64()))
	var out strings.Builder
	at := 0
	for _, loc := range templateField().FindAllStringSubmatchIndex(template, -1) {
		out.WriteString(template[at:loc[0]])
		at = loc[1]
		arg := ""
		if loc[4] >= 0 {
			arg = template[loc[4]:loc[5]]
		}
		text, err := r.field(rng, out.String(), template[loc[2]:loc[3]], arg)
		if errors.Is(err, errNoField) {
			text = template[loc[0]:loc[1]]
		} else if err != nil {
			return "", err
		}
		out.WriteString(text)
	}
	out.WriteString(template[at:])
	return out.String(), nil
}

var errNoField = errors.New("no template field")

// field returns the text of one field; before is what stands in front of it.
func (r *Rule) field(rng *rand.Rand, before, name, arg string) (string, error) {
	if class, ok := templateClasses[name]; ok && arg != "" {
		n, err := strconv.Atoi(arg)
		if err != nil || n < 1 || n > maxMatch {
			return "", fmt.Errorf("{%s:%s} needs a number of characters from 1 to %d", name, arg, maxMatch)
		}
		return randomText(rng, class, n), nil
	}
	switch name {
	case "bytes":
		raw, err := hex.DecodeString(arg)
		return string(raw), err
	case "uuid":
		h := func(n int) string { return randomText(rng, templateClasses["hex"], n) }
		return h(8) + "-" + h(4) + "-4" + h(3) + "-a" + h(3) + "-" + h(12), nil
	case "jwt":
		return randomJWT(rng), nil
	case "pem":
		return randomPEM(rng, arg), nil
	case "token":
		if structures[r.Structure].make == nil {
			return "", fmt.Errorf("{token} needs a structure that can make one; %q cannot", r.Structure)
		}
		return structures[r.Structure].make(rng), nil
	case "seal":
		seal := structures[r.Structure].seal
		if seal == nil {
			return "", fmt.Errorf("{seal} needs a structure with a checksum; %q has none", r.Structure)
		}
		return seal(r.tokenAtEnd(before)), nil
	}
	return "", errNoField
}

// tokenAtEnd returns the token that text ends in: from the last prefix of the
// rule on, or from the last character that cannot stand in a token.
func (r *Rule) tokenAtEnd(text string) string {
	start := -1
	for _, p := range r.Prefixes {
		start = max(start, strings.LastIndex(text, p))
	}
	if start < 0 {
		start = strings.LastIndexAny(text, " \t\n\"'`=:/@>(,") + 1
	}
	return text[start:]
}

func randomText(rng *rand.Rand, class string, n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = class[rng.IntN(len(class))]
	}
	return string(out)
}

func randomJWT(rng *rand.Rand) string {
	encode := base64.RawURLEncoding.EncodeToString
	header := encode([]byte(`{"alg":"HS256","typ":"JWT"}`))
	payload := encode(fmt.Appendf(nil, `{"sub":"%d","iat":%d}`, rng.Uint64(), 1600000000+rng.IntN(1e8)))
	return header + "." + payload + "." + randomText(rng, templateClasses["base64url"], 43)
}

// randomPEM returns an armoured key whose frame parses; its numbers are random
// and open nothing.
func randomPEM(rng *rand.Rand, label string) string {
	content := make([]byte, 600)
	for i := range content {
		content[i] = byte(rng.Uint32())
	}
	var der []byte
	switch {
	case strings.HasPrefix(label, "OPENSSH"):
		der = append([]byte("openssh-key-v1\x00"), content...)
	case strings.HasPrefix(label, "EC"):
		n := elliptic.P256().Params().BitSize / 8
		der = append([]byte{0x30, byte(n + 5), 2, 1, 1, 4, byte(n)}, content[:n]...)
	case strings.HasPrefix(label, "PGP"):
		der = append([]byte{0x95, byte(len(content) >> 8), byte(len(content))}, content...)
	default:
		der = append([]byte{0x30, 0x82, byte((len(content) + 3) >> 8), byte(len(content) + 3), 2, 1, 0}, content...)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}))
}
