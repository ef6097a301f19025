package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Facts about Security Hub that shape this format. Sources: the API reference of
// BatchImportFindings, the AWS Security Finding Format 2018-10-08, and the guidelines
// for partners.
//
//   - A request has at most 100 findings of at most 240 kB, and 6 MB in all. It is
//     made by the account and in the region that the findings are of.
//   - A finding is the same as another if Id and ProductArn are, so that a resource
//     that passes now takes the place of its own failure. Severity and Types of a
//     finding that is there change through FindingProviderFields alone, Workflow not
//     at all.
//   - A text that is too long refuses its finding. The limits are in characters; here
//     they are kept in bytes.
const (
	asffVersion     = "2018-10-08"
	asffBatch       = 100     // findings
	asffBatchBytes  = 6 << 20 // of a request
	asffTitle       = 256
	asffDescription = 1024
	asffText        = 512 // of a recommendation, a resource, an id
	asffProduct     = 1024
	asffRelated     = 32 // requirements
	asffRequirement = 64 // characters of one
)

// ASFFOptions are what the format asff can be told.
type ASFFOptions struct {
	// Now is when the facts were collected; nil stands for the first second of
	// 1970, so that the same input gives the same bytes.
	Now func() time.Time
}

// NewASFF returns a Handler that writes the AWS Security Finding Format, for Security
// Hub: on each line the request of one BatchImportFindings, whose findings are of one
// account and region. A resource that fails a check is FAILED, one that passes PASSED,
// and one that could not be judged NOT_AVAILABLE. The last finding of each account is
// about the run itself: NOT_AVAILABLE if something could not be examined.
//
// A request is held until it is complete, at most 6 MiB, and then written in one call.
func NewASFF(w io.Writer, o ASFFOptions) Handler {
	if o.Now == nil {
		o.Now = func() time.Time { return time.Unix(0, 0) }
	}
	return &asffHandler{output: output{w: w}, now: o.Now, notices: held{limit: asffDescription}}
}

type asffHandler struct {
	output
	now      func() time.Time
	time     string
	run      Run
	rules    map[string]Rule
	accounts []Resource // of the coverage, in its order; one of zeros where there is none
	at       asffCell   // of the findings in the piece
	count    int        // of them
	notices  held
}

// An asffCell is what the findings of a request have in common.
type asffCell struct{ partition, account, region string }

type asffFinding struct {
	SchemaVersion         string
	ID                    string `json:"Id"`
	ProductARN            string `json:"ProductArn"`
	ProductName           string
	CompanyName           string
	GeneratorID           string `json:"GeneratorId"`
	AWSAccountID          string `json:"AwsAccountId"`
	Region                string
	Types                 []string
	CreatedAt             string
	UpdatedAt             string
	Severity              asffSeverity
	Confidence            int `json:",omitempty"` // 0 to 100
	Title                 string
	Description           string
	Remediation           *asffRemediation  `json:",omitempty"`
	ProductFields         map[string]string `json:",omitempty"`
	Resources             []asffResource
	Compliance            asffCompliance
	Workflow              asffStatus
	RecordState           string
	FindingProviderFields asffProviderFields
}

type asffSeverity struct{ Label string }

type asffStatus struct{ Status string }

type asffProviderFields struct {
	Severity asffSeverity
	Types    []string
}

type asffRemediation struct{ Recommendation asffRecommendation }

type asffRecommendation struct {
	Text string
	URL  string `json:"Url,omitempty"`
}

type asffResource struct {
	Type      string
	ID        string `json:"Id"`
	Partition string
	Region    string
	Details   *asffDetails `json:",omitempty"`
}

type asffDetails struct {
	Secret *asffSecret       `json:"AwsSecretsManagerSecret,omitempty"`
	Other  map[string]string `json:",omitempty"`
}

type asffSecret struct{ Name string }

type asffCompliance struct {
	Status              string
	RelatedRequirements []string     `json:",omitempty"`
	StatusReasons       []asffReason `json:",omitempty"`
}

type asffReason struct{ ReasonCode, Description string }

const asffType = "Software and Configuration Checks/AWS Security Best Practices"

func (h *asffHandler) Begin(r Run) error {
	if err := h.begin(); err != nil {
		return err
	}
	h.run, h.time = r, h.now().UTC().Format(time.RFC3339)
	h.rules = make(map[string]Rule, len(r.Rules))
	for _, rule := range r.Rules {
		h.rules[rule.ID] = rule
	}
	h.accounts = coveredAccounts(r.Coverage)
	return nil
}

// What stands where nothing says what account and region a finding is of. Security Hub
// refuses the account.
const (
	noAccount = "000000000000"
	noRegion  = "us-east-1"
)

// coveredAccounts returns each account, with its first region that was examined.
func coveredAccounts(c *Coverage) []Resource {
	var list []Resource
	if c != nil {
		for _, row := range c.Rows {
			known := slices.ContainsFunc(list, func(r Resource) bool { return r.Account == row.Account })
			if row.Status == statusExamined && !known {
				list = append(list, Resource{Account: row.Account, Region: row.Region})
			}
		}
	}
	if list == nil {
		list = []Resource{{Account: noAccount, Region: noRegion}}
	}
	return list
}

func (h *asffHandler) Finding(f Finding) error {
	if err := h.finding(); err != nil {
		return err
	}
	var l Location
	if len(f.Occurrences) > 0 {
		l = f.Occurrences[0]
	}
	r := h.accounts[0]
	r.ARN, r.Type = cmp.Or(l.fullPath(), l.Object, "unknown"), "Other"
	if l.Resource != nil {
		r = *l.Resource
	}
	x := h.about(f.RuleID, r)
	x.Title = cutBytes(escape(cmp.Or(h.rules[f.RuleID].Title, f.Message, f.RuleID, "unknown")), asffTitle)
	x.Description = cutBytes(resultMessage(f, l, Rule{Title: h.rules[f.RuleID].Title}), asffDescription)
	x.severity(f.Severity)
	x.Compliance.Status, x.Workflow.Status = "FAILED", "NEW"
	if !f.Counts() {
		x.Workflow.Status = "SUPPRESSED"
	}
	x.Confidence = [...]int{0, 30, 70, 95}[min(f.Confidence, ConfidenceHigh)]
	x.ProductFields = map[string]string{"assay/fingerprint": cutBytes(escape(cmp.Or(f.Fingerprint, "unknown")), asffProduct)}
	if f.Suppression != nil {
		x.ProductFields["assay/suppressed"] = cutBytes(escape(decision(f.Suppression)), asffProduct)
	}
	return h.add(x)
}

func (h *asffHandler) Verdict(v Verdict) error {
	if err := h.verdict(); err != nil {
		return err
	}
	x := h.about(v.RuleID, v.Resource)
	x.Title = cutBytes(escape(cmp.Or(h.rules[v.RuleID].Title, v.RuleID, "unknown")), asffTitle)
	x.severity(SeverityInfo)
	x.Compliance.Status, x.Workflow.Status = "PASSED", "RESOLVED"
	x.Description = cutBytes(sentence("Passed: "+escape(cmp.Or(v.Reason, "as it should be"))), asffDescription)
	if v.Outcome != OutcomePass {
		x.Compliance.Status, x.Workflow.Status = "NOT_AVAILABLE", "NEW"
		x.Description = cutBytes(sentence("Not evaluated: "+escape(cmp.Or(v.Reason, "no reason given"))), asffDescription)
		x.Compliance.StatusReasons = []asffReason{{"NOT_EVALUATED", x.Description}}
	}
	return h.add(x)
}

// about is what every finding of a check on a resource says.
func (h *asffHandler) about(check string, r Resource) asffFinding {
	rule := h.rules[check]
	at := cellOf(r)
	sum := sha256.Sum256([]byte(check + "\x00" + r.ARN))
	x := asffFinding{
		SchemaVersion: asffVersion, ID: cutBytes("assay/v1/"+escape(cmp.Or(check, "unknown")), asffText-40) + "/" + hex.EncodeToString(sum[:16]),
		ProductARN:  "arn:" + at.partition + ":securityhub:" + at.region + ":" + at.account + ":product/" + at.account + "/default",
		ProductName: "assay", CompanyName: "assay", GeneratorID: cutBytes("assay/"+escape(cmp.Or(check, "unknown")), asffText),
		AWSAccountID: at.account, Region: at.region, Types: []string{asffType},
		CreatedAt: h.time, UpdatedAt: h.time, RecordState: "ACTIVE",
		Resources: []asffResource{newASFFResource(r, at)},
	}
	x.FindingProviderFields.Types = x.Types
	if rule.Remedy != "" {
		x.Remediation = &asffRemediation{asffRecommendation{Text: cutBytes(escape(rule.Remedy), asffText)}}
		if len(rule.References) > 0 {
			x.Remediation.Recommendation.URL = cutBytes(escape(rule.References[0]), asffText)
		}
	}
	for _, c := range rule.Controls[:min(len(rule.Controls), asffRelated)] {
		x.Compliance.RelatedRequirements = append(x.Compliance.RelatedRequirements, cutBytes(escape(cmp.Or(c, "unknown")), asffRequirement))
	}
	return x
}

// cellOf says where a resource is. What cannot be an account or a region is none.
func cellOf(r Resource) asffCell {
	at := asffCell{"aws", r.Account, r.Region}
	if len(r.Account) != len(noAccount) || strings.Trim(r.Account, "0123456789") != "" {
		at.account = noAccount
	}
	if r.Region == "" || strings.Trim(r.Region, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		at.region = noRegion
	}
	switch {
	case strings.HasPrefix(at.region, "cn-"):
		at.partition = "aws-cn"
	case strings.HasPrefix(at.region, "us-gov-"):
		at.partition = "aws-us-gov"
	}
	return at
}

// asffTypes are Security Hub's names for the resources of audits.
var asffTypes = map[string]string{
	typeSecret: "AwsSecretsManagerSecret", "AWS::KMS::Key": "AwsKmsKey", "AWS::Lambda::Function": "AwsLambdaFunction",
	"AWS::ECS::TaskDefinition": "AwsEcsTaskDefinition", "AWS::CodeBuild::Project": "AwsCodeBuildProject",
	"AWS::EC2::Instance": "AwsEc2Instance", "AWS::EC2::LaunchTemplate": "AwsEc2LaunchTemplate", "AWS::CloudTrail::Trail": "AwsCloudTrailTrail",
	"AWS::CloudFormation::Stack": "AwsCloudFormationStack", "AWS::StepFunctions::StateMachine": "AwsStepFunctionStateMachine",
	"AWS::IAM::Role": "AwsIamRole", "AWS::IAM::User": "AwsIamUser", "AWS::Account::Region": "AwsAccount",
}

func newASFFResource(r Resource, at asffCell) asffResource {
	x := asffResource{
		Type: cmp.Or(asffTypes[r.Type], "Other"), ID: cutBytes(escape(cmp.Or(r.ARN, r.Name, "unknown")), asffText), Partition: at.partition, Region: at.region,
	}
	name := cutBytes(escape(r.Name), asffText)
	switch {
	case x.Type == "AwsAccount":
		x.ID = "AWS::::Account:" + at.account
	case name == "":
	case x.Type == "AwsSecretsManagerSecret":
		x.Details = &asffDetails{Secret: &asffSecret{name}}
	default:
		x.Details = &asffDetails{Other: map[string]string{"Name": name}}
	}
	return x
}

func (x *asffFinding) severity(s Severity) {
	label := "INFORMATIONAL"
	if s > SeverityInfo {
		label = strings.ToUpper(min(s, SeverityCritical).String())
	}
	x.Severity.Label, x.FindingProviderFields.Severity.Label = label, label
}

func (h *asffHandler) Notice(n Notice) error {
	if err := h.notice(); err != nil {
		return err
	}
	if n.Accepted == nil {
		h.notices.add(n)
	}
	return nil
}

// add puts a finding into the request, or into the next one.
func (h *asffHandler) add(x asffFinding) error {
	text, err := marshal(x)
	if err != nil {
		return err
	}
	at := asffCell{x.Resources[0].Partition, x.AWSAccountID, x.Region}
	if h.count == asffBatch || h.count > 0 && (at != h.at || h.Len()+len(text) > asffBatchBytes-8) {
		if err := h.close(); err != nil {
			return err
		}
	}
	if h.at = at; h.count == 0 {
		h.WriteString(`{"Findings":[`)
	} else {
		h.WriteByte(',')
	}
	h.Write(text)
	h.count++
	return h.err
}

// close writes the request.
func (h *asffHandler) close() error {
	if h.count > 0 {
		h.WriteString("]}\n")
		h.count = 0
	}
	return h.flush()
}

func (h *asffHandler) End(s Summary) error {
	if err := h.end(); err != nil {
		return err
	}
	for _, account := range h.accounts {
		if err := h.add(h.aboutRun(s, account)); err != nil {
			return err
		}
	}
	return h.close()
}

// aboutRun says whether everything was examined.
func (h *asffHandler) aboutRun(s Summary, r Resource) asffFinding {
	r.Type, r.Name, r.ARN = "AWS::Account::Region", r.Account, h.run.Command
	x := h.about("run", r)
	x.severity(SeverityInfo)
	x.Title = "Everything was examined"
	x.Compliance.Status, x.Workflow.Status = "PASSED", "RESOLVED"
	x.Description = cutBytes(h.run.Shard.alone()+"Examined: "+escape(examined(s))+".", asffDescription)
	if s.Complete() {
		return x
	}
	x.severity(SeverityMedium)
	x.Title, x.Compliance.Status, x.Workflow.Status = "Something could not be examined", "NOT_AVAILABLE", "NEW"
	text := fmt.Sprintf("Not examined: %s.", count(s.NotExamined, "thing"))
	if s.Interrupted {
		text += " The run was interrupted."
	}
	for _, n := range h.notices.notices {
		text += " " + sentence(escape(n.Subject+": "+reason(n)))
	}
	x.Description = cutBytes(text, asffDescription)
	x.Compliance.StatusReasons = []asffReason{{"NOT_EXAMINED", x.Description}}
	return x
}

// cutBytes shortens text to so many bytes, the last of which then are those of an
// ellipsis.
func cutBytes(text string, most int) string {
	if len(text) <= most {
		return text
	}
	end := most - len("…")
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
