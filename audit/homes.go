package audit

// A serviceHome is where a service is that a partition has but one of.
type serviceHome struct {
	host   string
	fips   string // "" for the same
	region string // in whose name requests are signed
}

// The homes are those of the "AWS General Reference" and of the SDK's endpoint
// rules.
var (
	iamHomes = map[string]serviceHome{
		"aws":        {host: "iam.amazonaws.com", fips: "iam-fips.amazonaws.com", region: "us-east-1"},
		"aws-cn":     {host: "iam.cn-north-1.amazonaws.com.cn", region: "cn-north-1"},
		"aws-us-gov": {host: "iam.us-gov.amazonaws.com", region: "us-gov-west-1"},
		"aws-iso":    {host: "iam.us-iso-east-1.c2s.ic.gov", region: "us-iso-east-1"},
		"aws-iso-b":  {host: "iam.us-isob-east-1.sc2s.sgov.gov", region: "us-isob-east-1"},
		"aws-iso-e":  {host: "iam.eu-isoe-west-1.cloud.adc-e.uk", region: "eu-isoe-west-1"},
		"aws-iso-f":  {host: "iam.us-isof-south-1.csp.hci.ic.gov", region: "us-isof-south-1"},
		"aws-eusc":   {host: "iam.eusc-de-east-1.amazonaws.eu", region: "eusc-de-east-1"},
	}
	organizationHomes = map[string]serviceHome{
		"aws":        {host: "organizations.us-east-1.amazonaws.com", fips: "organizations-fips.us-east-1.amazonaws.com", region: "us-east-1"},
		"aws-cn":     {host: "organizations.cn-northwest-1.amazonaws.com.cn", region: "cn-northwest-1"},
		"aws-us-gov": {host: "organizations.us-gov-west-1.amazonaws.com", region: "us-gov-west-1"},
		"aws-iso":    {host: "organizations.us-iso-east-1.c2s.ic.gov", region: "us-iso-east-1"},
		"aws-iso-b":  {host: "organizations.us-isob-east-1.sc2s.sgov.gov", region: "us-isob-east-1"},
		"aws-iso-e":  {host: "organizations.eu-isoe-west-1.cloud.adc-e.uk", region: "eu-isoe-west-1"},
		"aws-iso-f":  {host: "organizations.us-isof-south-1.csp.hci.ic.gov", region: "us-isof-south-1"},
		"aws-eusc":   {host: "organizations.eusc-de-east-1.amazonaws.eu", region: "eusc-de-east-1"},
	}
)

// home is the address of s in a partition.
func (s *wireService) home(partition string, fips bool) (string, error) {
	at, ok := s.homes[partition]
	if !ok {
		return "", &answerError{s.id + " has no known address in the partition " + partition}
	}
	if fips && at.fips != "" {
		at.host = at.fips
	}
	return "https://" + at.host + "/", nil
}

// account returns a caller for what the account has but once. Its limits are its
// own.
func (cs *callers) account() *caller {
	c := newCaller(cs.cfg, cell{cs.identity.Account, globalRegion}, cs.identity.Partition, cs.options)
	c.cfg.Region = cs.home // of the same partition
	return c
}
