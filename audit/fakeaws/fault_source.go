package fakeaws

import (
	"net/http"
	"time"
)

// SourceFault is what is wrong with a source of credentials.
type SourceFault string

// What a CredentialSource can do. SourceRight is the one without a fault.
const (
	SourceRight   SourceFault = "right"
	SourceHangs   SourceFault = "hangs"   // until the caller gives up
	SourceDenies  SourceFault = "denies"  // 403
	SourceBreaks  SourceFault = "breaks"  // half of the JSON
	SourceForeign SourceFault = "foreign" // keys that the cloud does not know
	SourceEnded   SourceFault = "ended"   // credentials that ended an hour ago
)

// CredentialSource gives out credentials in the way of a container's agent:
// callers find it by AWS_CONTAINER_CREDENTIALS_FULL_URI. The credentials last
// an hour of the server's wall clock.
func (c *Cloud) CredentialSource(keys Credentials, fault SourceFault) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keys, length := keys, time.Hour
		switch fault {
		case SourceHangs:
			<-r.Context().Done()
			return
		case SourceDenies:
			http.Error(w, "the container has no role", http.StatusForbidden)
			return
		case SourceForeign:
			keys.AccessKeyID = "ASIA" + c.derive32("foreign id", 16)
		case SourceEnded:
			length = -length
		}
		body := credentialDocument(keys, c.Clock.wall().Add(length))
		if fault == SourceBreaks {
			body = half(body)
		}
		w.Header().Set("Content-Type", "application/json")
		writeBody(w, http.StatusOK, body)
	})
}

// credentialDocument writes credentials as agents do.
func credentialDocument(keys Credentials, ends time.Time) []byte {
	return writeJSON(map[string]string{
		"AccessKeyId": keys.AccessKeyID, "SecretAccessKey": keys.SecretAccessKey, "Token": keys.SessionToken,
		"Expiration": ends.UTC().Format(time.RFC3339),
	})
}
