package audit

import (
	"cmp"
	"strings"
)

// A userIdentity is CloudTrail's element of that name: who made a request.
type userIdentity struct {
	Type           string
	PrincipalID    string
	ARN            string
	AccountID      string
	UserName       string
	InvokedBy      string
	SessionContext struct {
		SessionIssuer struct{ ARN string }
	}
	OnBehalfOf struct{ UserID string }
}

// kind is the identity's type. Events of a service have none.
func (u *userIdentity) kind() string {
	if u.Type == "" && u.InvokedBy != "" {
		return "AWSService"
	}
	return u.Type
}

// principal names who it was by something that stays the same from session to
// session: the ARN of a user or role where there is one, the name of a service,
// or what else CloudTrail gives (a number of an account and an id in it, for
// callers of other accounts).
func (u *userIdentity) principal() string {
	issuer := u.SessionContext.SessionIssuer.ARN
	if issuer != "" && (u.Type == "AssumedRole" || u.Type == "FederatedUser") {
		return issuer
	}
	id, _, _ := strings.Cut(u.PrincipalID, ":") // a session's name may follow
	if u.Type == "AWSAccount" && u.ARN == "" && u.AccountID != "" {
		return strings.TrimSuffix(u.AccountID+"/"+id, "/")
	}
	return cmp.Or(withoutSession(u.ARN), issuer, u.InvokedBy, u.OnBehalfOf.UserID, u.UserName, id, u.AccountID)
}

// withoutSession turns the ARN of a role's session into that of the role. The
// path of the role is not in it and stays unknown.
func withoutSession(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[2] != "sts" {
		return arn
	}
	role, ok := strings.CutPrefix(parts[5], "assumed-role/")
	if !ok {
		return arn
	}
	role, _, _ = strings.Cut(role, "/")
	return strings.Join([]string{parts[0], parts[1], "iam", "", parts[4], "role/" + role}, ":")
}
