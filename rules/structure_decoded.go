package rules

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
)

// Sentry's organisation tokens are "sntrys_", base 64 of a JSON object with the
// time of issue and the organisation, "_" and 43 random characters.
// https://develop.sentry.dev/backend/authentication/auth-tokens/
func verifySentry(token []byte) inspection {
	text := strings.TrimPrefix(string(token), "sntrys_")
	end := strings.LastIndexByte(text, '_')
	if end < 0 || !jsonHas(text[:end], "iat", "org") {
		return undecoded
	}
	return fits
}

func makeSentry(rng *rand.Rand) string {
	return jsonBase64(`{"iat":%d.%d,"url":"https://sentry.io","region_url":"https://us.sentry.io","org":"acme"}`, 1700000000+rng.IntN(1e8), rng.IntN(1e6)) +
		"_" + randomText(rng, templateClasses["base64"], 43)
}

// Grafana Cloud's access policy tokens are "glc_" and base 64 of a JSON object with
// organisation, name, key and realm.
// https://grafana.com/docs/grafana-cloud/security-and-account-management/authentication-and-permissions/access-policies/
func verifyGrafanaCloud(token []byte) inspection {
	if !jsonHas(strings.TrimPrefix(string(token), "glc_"), "o", "k") {
		return undecoded
	}
	return fits
}

func makeGrafanaCloud(rng *rand.Rand) string {
	return jsonBase64(`{"o":"%d","n":"deploy","k":"%s","m":{"r":"eu"}}`, rng.IntN(1e6), randomText(rng, base62, 24))
}

// 1Password's service account tokens are "ops_" and base 64 of a JSON object with
// address, e-mail, keys and secrets.
// https://developer.1password.com/docs/service-accounts/security/
func verifyOnePassword(token []byte) inspection {
	if !jsonHas(strings.TrimPrefix(string(token), "ops_"), "signInAddress", "email") {
		return undecoded
	}
	return fits
}

func makeOnePassword(rng *rand.Rand) string {
	return jsonBase64(`{"signInAddress":"my.1password.com","userAuth":{"method":"SRPg-4096"},"email":"%s@1passwordserviceaccounts.com","srpX":"%s","muk":{"alg":"A256GCM","k":"%s"}}`,
		randomText(rng, templateClasses["loweralnum"], 13), randomText(rng, templateClasses["hex"], 64), randomText(rng, templateClasses["base64url"], 43))
}

var undecoded = odd("Its content does not decode to what the issuer puts there.")

// jsonHas reports whether text is base 64, of either alphabet, of a JSON object
// with these members.
func jsonHas(text string, members ...string) bool {
	var object map[string]json.RawMessage
	if decodeJSON([]byte(urlAlphabet.Replace(text)), &object) != nil {
		return false
	}
	for _, m := range members {
		if _, ok := object[m]; !ok {
			return false
		}
	}
	return true
}

var urlAlphabet = strings.NewReplacer("+", "-", "/", "_")

func jsonBase64(format string, args ...any) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, format, args...))
}

// PyPI's tokens are "pypi-" and base 64 of a macaroon: its location is the index, its
// signature has 32 bytes.
// https://docs.pypi.org/api/secrets/
func verifyPyPI(token []byte) inspection {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(string(token), "pypi-"))
	if err != nil || !macaroon(raw) {
		return undecoded
	}
	return fits
}

// The fields of a macaroon in its second binary format, and what ends a section.
// https://github.com/rescrv/libmacaroons/blob/master/doc/format.txt
const (
	macaroonVersion    = 2
	macaroonEnd        = 0
	macaroonLocation   = 1
	macaroonIdentifier = 2
	macaroonSignature  = 6
)

// macaroon reports whether raw is a macaroon of the Python Package Index.
func macaroon(raw []byte) bool {
	if len(raw) == 0 || raw[0] != macaroonVersion {
		return false
	}
	location, raw, ok := macaroonField(raw[1:], macaroonLocation)
	if !ok || !bytes.HasSuffix(location, []byte("pypi.org")) {
		return false
	}
	if _, raw, ok = macaroonField(raw, macaroonIdentifier); !ok || !bytes.HasPrefix(raw, []byte{macaroonEnd}) {
		return false
	}
	for raw = raw[1:]; bytes.HasPrefix(raw, []byte{macaroonIdentifier}); raw = raw[1:] { // the caveats
		if _, raw, ok = macaroonField(raw, macaroonIdentifier); !ok || !bytes.HasPrefix(raw, []byte{macaroonEnd}) {
			return false
		}
	}
	if !bytes.HasPrefix(raw, []byte{macaroonEnd}) {
		return false
	}
	signature, raw, ok := macaroonField(raw[1:], macaroonSignature)
	return ok && len(signature) == 32 && len(raw) == 0
}

// macaroonField cuts a field off: its kind, its length of up to two groups of
// seven bits, its text.
func macaroonField(raw []byte, kind byte) (text, rest []byte, ok bool) {
	if len(raw) < 2 || raw[0] != kind {
		return nil, nil, false
	}
	n, start := int(raw[1]), 2
	if n >= 0x80 && len(raw) > 2 {
		n, start = n&0x7f|int(raw[2])<<7, 3
	}
	if len(raw)-start < n {
		return nil, nil, false
	}
	return raw[start : start+n], raw[start+n:], true
}

func makePyPI(rng *rand.Rand) string {
	field := func(kind byte, text string) string { return string(kind) + string(byte(len(text))) + text }
	raw := string(byte(macaroonVersion)) + field(macaroonLocation, "pypi.org") + field(macaroonIdentifier, string(randomBytes(rng, 36))) + "\x00" +
		field(macaroonIdentifier, `{"version":1,"permissions":"user"}`) + "\x00\x00" + field(macaroonSignature, string(randomBytes(rng, 32)))
	return base64.RawURLEncoding.EncodeToString([]byte(raw))
}

// Discord's tokens are base 64 of the user's id, which has 17 to 20 digits, the time
// and a signature.
// https://discord.com/developers/docs/reference#authentication
func verifyDiscord(token []byte) inspection {
	parts := strings.Split(string(token), ".")
	if len(parts) != 3 {
		return undecoded
	}
	id, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil || len(id) < 17 || len(id) > 20 || skip(id, 0, isDigit, len(id)) != len(id) {
		return undecoded
	}
	return fits
}

func makeDiscord(rng *rand.Rand) string {
	id := fmt.Appendf(nil, "%d", 1e17+rng.Int64N(1e18))
	return base64.RawURLEncoding.EncodeToString(id) + "." + randomText(rng, templateClasses["base64url"], 6) + "." + randomText(rng, templateClasses["base64url"], 38)
}
