// Package send tells others what an audit found: Security Hub, and those who want to
// know what is new or worse. It is the only code here that writes to AWS or to anybody
// else, it shares no client with the collection, and only assay's flags --send and
// --alert reach it.
//
// A request is signed by hand, so that no package of the SDK has to be linked that
// could do more. It goes over TLS, or to this machine; no redirect is followed; what
// may hold a secret, such as the address of a webhook, stands in no message.
package send

// An Operation is one of AWS that this package can reach, written as IAM writes
// actions.
type Operation string

const (
	BatchImportFindings Operation = "securityhub:BatchImportFindings"
	Publish             Operation = "sns:Publish"
	PutEvents           Operation = "events:PutEvents"
)
