package audit

import "github.com/assayhq/assay/report"

// A Configuration is a resource whose configuration people write credentials
// into, and what our rules found in it while it was in memory. It has no field
// for what the configuration says.
type Configuration struct {
	Type    string `json:"type"` // "configuration"
	Account string `json:"account"`
	Region  string `json:"region"`
	// Kind is the resource's type in CloudFormation: "AWS::Lambda::Function".
	Kind string `json:"kind"`
	ARN  string `json:"arn"`
	Name string `json:"name"`
	// Values counts the texts that were searched, such as environment variables.
	Values int `json:"values"`
	// ValueType is that of a parameter: String, StringList, SecureString.
	ValueType string `json:"value_type,omitempty"`
	// KMSKeyID is the key that the configuration or the value is encrypted under,
	// "" for one of AWS's own choice.
	KMSKeyID string `json:"kms_key_id,omitempty"`
	// Exposures are the credentials found, sorted by field.
	Exposures []Exposure `json:"exposures,omitempty"`
	// MoreExposures counts those beyond the first hundred.
	MoreExposures int   `json:"more_exposures,omitempty"`
	Gaps          []Gap `json:"-"`
}

// An Exposure is a credential in plain sight: where, of what kind, and by what to
// recognise it, but never the credential.
type Exposure struct {
	// Field is the path to the text inside the resource, masked:
	// "environment/DB_PASSWORD".
	Field string `json:"field"`
	Rule  string `json:"rule"` // id of the rule that found it
	// Confidence is "high" or "medium"; what is less sure is not recorded.
	Confidence report.Confidence `json:"confidence"`
	// Excerpt shows the public beginning and the length of the credential:
	// "DB_PASSWORD=<24 characters>".
	Excerpt string `json:"excerpt"`
	// Fingerprint is the one that assay scan gives the same credential.
	Fingerprint string `json:"fingerprint"`
}
