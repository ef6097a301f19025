package fakeaws

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func getCallerIdentity(x *call) error {
	key := x.cloud.credential(x.accessKey)
	openXML(x)
	x.element("Arn", key.arn)
	x.element("UserId", key.principal)
	x.element("Account", key.account)
	return nil
}

// assumeRole hands out a session in the role's account. The session token
// names nothing: it is as long and opaque as a real one.
func assumeRole(x *call) error {
	form := x.in.form
	target, name, role, err := x.role(form.Get("RoleArn"))
	if err != nil {
		return err
	}
	session := form.Get("RoleSessionName")
	if session == "" {
		return &apiError{http.StatusBadRequest, "ValidationError", "RoleSessionName is missing"}
	}
	if !role.admits(x) {
		return x.mayNot("sts:AssumeRole", form.Get("RoleArn"))
	}
	length, err := role.session(form.Get("DurationSeconds"))
	if err != nil {
		return err
	}
	arn := target.ARN("sts", "", "assumed-role/"+name+"/"+session)
	key, id := x.cloud.handOutSession(target.ID, arn, name+":"+session, length)
	openXML(x)
	x.wrap("AssumedRoleUser", func() {
		x.element("AssumedRoleId", id)
		x.element("Arn", arn)
	})
	x.wrap("Credentials", func() {
		x.element("AccessKeyId", key.AccessKeyID)
		x.element("SecretAccessKey", key.SecretAccessKey)
		x.element("SessionToken", key.SessionToken)
		x.element("Expiration", x.cloud.Clock.wall().Add(length).UTC().Format("2006-01-02T15:04:05Z"))
	})
	return nil
}

// role finds the role of an ARN; a role that is not there is refused with the
// same words as one that does not trust the caller.
func (x *call) role(arn string) (*Account, string, Role, error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "iam" || !strings.HasPrefix(parts[5], "role/") {
		return nil, "", Role{}, &apiError{http.StatusBadRequest, "ValidationError", arn + " is invalid"}
	}
	name := parts[5][strings.LastIndexByte(parts[5], '/')+1:]
	account := x.cloud.accounts[parts[4]]
	if account == nil {
		return nil, "", Role{}, x.mayNot("sts:AssumeRole", arn)
	}
	role, ok := account.roles[name]
	if !ok {
		return nil, "", Role{}, x.mayNot("sts:AssumeRole", arn)
	}
	return account, name, role, nil
}

// admits applies the role's trust policy to the call.
func (role Role) admits(x *call) bool {
	form := x.in.form
	return (len(role.Trusted) == 0 || slices.Contains(role.Trusted, x.Account)) &&
		(role.ExternalID == "" || role.ExternalID == form.Get("ExternalId")) &&
		(role.MFASerial == "" || role.MFASerial == form.Get("SerialNumber") && role.MFACode == form.Get("TokenCode"))
}

// session returns how long a session lasts.
func (role Role) session(asked string) (time.Duration, error) {
	most := role.MaxSession
	if most == 0 {
		most = time.Hour
	}
	if asked == "" {
		return cmp.Or(role.Session, min(most, time.Hour)), nil
	}
	seconds, err := strconv.Atoi(asked)
	if err != nil || seconds < 900 || time.Duration(seconds)*time.Second > most {
		return 0, &apiError{http.StatusBadRequest, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."}
	}
	return cmp.Or(role.Session, time.Duration(seconds)*time.Second), nil
}

// mayNot is the refusal of an action in the services' words.
func (x *call) mayNot(action, resource string) error {
	return &apiError{http.StatusForbidden, "AccessDenied",
		"User: " + x.cloud.credential(x.accessKey).arn + " is not authorized to perform: " + action + " on resource: " + resource}
}

func base64Text(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
