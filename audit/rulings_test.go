package audit

// rulings are the rules of the user guide of IAM ("Policy evaluation logic", "Policy
// elements", "Condition operators", "Permissions boundaries"), of Organizations, KMS and
// Secrets Manager, each as a case with its outcome.
func rulings() []ruling {
	list := [][]ruling{
		rulingsOfIdentities(), rulingsOfPatterns(), rulingsOfResources(), rulingsOfBoundaries(), rulingsOfOrganizations(), rulingsOfAccounts(),
		rulingsOfKeys(), rulingsOfOperators(), rulingsOfKeysOfConditions(), rulingsOfServices(), rulingsOfVariables(), rulingsOfWhatIsUnknown(), rulingsOfSessions(),
	}
	var all []ruling
	for _, some := range list {
		all = append(all, some...)
	}
	return all
}

func rulingsOfIdentities() []ruling {
	return []ruling{
		{name: "nothing is allowed by default"},
		{name: "an Allow allows", own: []string{"allow " + get + " " + theSecret}, want: Allowed, why: "the inline policy Own"},
		{name: "a Deny beats an Allow", own: []string{"allow * *", "deny " + get + " " + theSecret}},
		{name: "a Deny beats an Allow whatever the order", own: []string{"deny " + get + " " + theSecret, "allow * *"}},
		{name: "a Deny of something else does nothing", own: []string{"allow * *", "deny secretsmanager:DeleteSecret *"}, want: Allowed},
		{name: "an Allow of something else does nothing", own: []string{"allow secretsmanager:DescribeSecret *"}},
		{name: "a user has what its group has", group: []string{"allow " + get + " *"}, want: Allowed, why: "of the group devs"},
		{name: "a group's Deny binds its users", own: []string{full}, group: []string{"deny secretsmanager:* *"}},
		{name: "administrator access", who: theRole, own: []string{full}, want: Allowed},
		{name: "to list is not to read", own: []string{"allow secretsmanager:List*,secretsmanager:Describe* *"}},
		{name: "BatchGetSecretValue alone reads nothing", own: []string{"allow secretsmanager:BatchGetSecretValue *"}},
		{name: "a Deny of decryption is one of reading", own: []string{full, "deny kms:Decrypt *"}},
		{name: "a service-linked role reads as its policy says", who: theLinked, own: []string{"allow secretsmanager:* *"}, want: Allowed},
	}
}

func rulingsOfPatterns() []ruling {
	return []ruling{
		{name: "actions match in any case", own: []string{"allow SecretsManager:getsecretvalue *"}, want: Allowed},
		{name: "a star in an action", own: []string{"allow secretsmanager:Get* *"}, want: Allowed},
		{name: "a star within an action", own: []string{"allow secretsmanager:*Value *"}, want: Allowed},
		{name: "a question mark stands for one character", own: []string{"allow secretsmanager:GetSecretValu? *"}, want: Allowed},
		{name: "a question mark stands for no less", own: []string{"allow secretsmanager:GetSecretValue? *"}},
		{name: "a star for the service", own: []string{"allow *:GetSecretValue *"}, want: Allowed},
		{name: "NotAction allows all but some", own: []string{"allow !iam:*,organizations:* *"}, want: Allowed},
		{name: "NotAction with what is asked allows it not", own: []string{"allow !secretsmanager:* *"}},
		{name: "a Deny with NotAction denies all others", own: []string{full, "deny !s3:* *"}},
		{name: "a Deny with NotAction spares what it names", own: []string{full, "deny !secretsmanager:*,kms:Decrypt *"}, want: Allowed},
		{name: "an ARN with six question marks", own: []string{"allow " + get + " arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-??????"}, want: Allowed},
		{name: "an ARN with five question marks", own: []string{"allow " + get + " arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-?????"}},
		{name: "an ARN without the suffix", own: []string{"allow " + get + " arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db"}},
		{name: "a folder", own: []string{"allow " + get + " arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/*"}, want: Allowed},
		{name: "another folder", own: []string{"allow " + get + " arn:aws:secretsmanager:eu-west-1:111122223333:secret:dev/*"}},
		{name: "resources match in their own case", own: []string{"allow " + get + " arn:aws:secretsmanager:eu-west-1:111122223333:secret:Prod/*"}},
		{name: "another region", own: []string{"allow " + get + " arn:aws:secretsmanager:us-east-1:111122223333:secret:*"}},
		{name: "any region", own: []string{"allow " + get + " arn:aws:secretsmanager:*:111122223333:secret:prod/*"}, want: Allowed},
		{name: "several resources", own: []string{"allow " + get + " arn:aws:s3:::bucket/*," + theSecret}, want: Allowed},
		{name: "NotResource allows all but some", own: []string{"allow " + get + " !arn:aws:secretsmanager:*:*:secret:dev/*"}, want: Allowed},
		{name: "NotResource with the secret allows it not", own: []string{"allow " + get + " !arn:aws:secretsmanager:*:*:secret:prod/*"}},
		{name: "a Deny with NotResource", own: []string{full, "deny secretsmanager:* !arn:aws:secretsmanager:*:*:secret:dev/*"}},
		{name: "a Deny with NotResource spares what it names", own: []string{full, "deny secretsmanager:* !" + theSecret}, want: Allowed},
	}
}

func rulingsOfResources() []ruling {
	return []ruling{
		{name: "within an account the secret's policy alone lets a user in", secret: []string{"allow AWS=" + theUser + " " + get}, want: Allowed, why: "the resource policy"},
		{name: "within an account the secret's policy alone lets a role in", who: theRole, secret: []string{"allow AWS=" + theRole + " " + get}, want: Allowed},
		{name: "the secret's policy names somebody else", secret: []string{"allow AWS=" + theRole + " " + get}},
		{name: "naming the account leaves it to the account", secret: []string{"allow AWS=arn:aws:iam::111122223333:root " + get}},
		{name: "naming the account by its number too", secret: []string{"allow AWS=111122223333 " + get}},
		{name: "the account's own policies then decide", own: []string{"allow " + get + " *"}, secret: []string{"allow AWS=111122223333 " + get}, want: Allowed},
		{name: "everyone is also who is in the account", secret: []string{"allow * " + get}, want: Allowed},
		{name: "everyone in the other spelling", secret: []string{"allow AWS=* " + get}, want: Allowed},
		{name: "a Deny in the secret's policy beats everything", own: []string{full}, secret: []string{"deny AWS=" + theUser + " secretsmanager:*"}},
		{name: "a Deny for the account binds all in it", own: []string{full}, secret: []string{"deny AWS=111122223333 secretsmanager:*"}},
		{name: "a Deny for everyone", own: []string{full}, secret: []string{"deny * " + get}},
		{name: "a Deny for another", own: []string{full}, secret: []string{"deny AWS=" + theRole + " " + get}, want: Allowed},
		{name: "one session of a role", who: theRole, secret: []string{"allow AWS=arn:aws:sts::111122223333:assumed-role/reader/night " + get}, want: Conditional, why: "session"},
		{name: "a Deny of one session of a role", who: theRole, own: []string{full}, secret: []string{"deny AWS=arn:aws:sts::111122223333:assumed-role/reader/night " + get}, want: Conditional, why: "unless a Deny"},
		{name: "a Deny for all but a user, who is named with its account", own: []string{full}, secret: []string{"deny !AWS=" + theUser + ",arn:aws:iam::111122223333:root " + get}, want: Allowed},
		{name: "a Deny for all but another user", own: []string{full}, secret: []string{"deny !AWS=arn:aws:iam::111122223333:user/bob,arn:aws:iam::111122223333:root " + get}},
		{name: "a Deny for all but a role without its session", who: theRole, own: []string{full}, secret: []string{"deny !AWS=" + theRole + ",111122223333 " + get}, want: Conditional, why: "NotPrincipal"},
		{name: "an Allow for all but some", secret: []string{"allow !AWS=" + theRole + " " + get}, want: Allowed},
		{name: "an Allow for all but who asks", secret: []string{"allow !AWS=" + theUser + " " + get}},
		{name: "the id of a user in the place of its ARN", secret: []string{"allow AWS=AIDAEXAMPLEUSER " + get}, want: Allowed},
		{name: "everyone but within the organization", secret: []string{`allow * ` + get + ` {"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`}, want: Allowed},
		{name: "everyone within another organization", secret: []string{`allow * ` + get + ` {"StringEquals":{"aws:PrincipalOrgID":"o-zzzzzzzzzz"}}`}},
	}
}

func rulingsOfBoundaries() []ruling {
	reads := []string{"allow " + get + " *"}
	return []ruling{
		{name: "a boundary alone allows nothing", boundary: []string{full}},
		{name: "a boundary lets through what both allow", own: []string{full}, boundary: reads, want: Allowed},
		{name: "a boundary without it stops it", own: []string{full}, boundary: []string{"allow s3:* *"}},
		{name: "a boundary's Deny", own: []string{full}, boundary: []string{full, "deny secretsmanager:* *"}},
		{name: "a boundary does not bind what a user is given by name", boundary: []string{"allow s3:* *"}, secret: []string{"allow AWS=" + theUser + " " + get}, want: Allowed},
		{name: "a boundary binds what a role is given by name", who: theRole, boundary: []string{"allow s3:* *"}, secret: []string{"allow AWS=" + theRole + " " + get}},
		{name: "a boundary does not bind what a session is given", who: theRole, boundary: []string{"allow s3:* *"}, secret: []string{"allow AWS=arn:aws:sts::111122223333:assumed-role/reader/night " + get}, want: Conditional, why: "session"},
		{name: "a boundary's Deny binds what a user is given by name", boundary: []string{"deny " + get + " *"}, secret: []string{"allow AWS=" + theUser + " " + get}},
		{name: "a boundary with a condition", own: []string{full}, boundary: []string{`allow * * {"Bool":{"aws:MultiFactorAuthPresent":"true"}}`}, want: Conditional, why: "aws:MultiFactorAuthPresent Bool true"},
	}
}

func rulingsOfOrganizations() []ruling {
	root := []string{full}
	mine := []string{"allow " + get + " *"}
	return []ruling{
		{name: "control policies that allow everything", own: mine, scp: [][]string{root, root}, want: Allowed},
		{name: "control policies give nothing", scp: [][]string{root, root}},
		{name: "a level that does not allow it", own: mine, scp: [][]string{root, {"allow s3:* *"}, root}},
		{name: "a Deny on the root", own: mine, scp: [][]string{{full, "deny secretsmanager:* *"}, root}},
		{name: "a level without kms", own: mine, scp: [][]string{root, {"allow secretsmanager:* *"}}},
		{name: "a control policy binds what the secret's policy gives", secret: []string{"allow AWS=" + theUser + " " + get}, scp: [][]string{{full, "deny secretsmanager:* *"}}},
		{name: "a control policy does not bind service-linked roles", who: theLinked, own: mine, scp: [][]string{{full, "deny secretsmanager:* *"}}, want: Allowed},
		{name: "a control policy does not bind the management account", own: mine, scp: [][]string{{full, "deny secretsmanager:* *"}}, edit: func(w *world) { w.org.ManagementAccount = own }, want: Allowed},
		{name: "a Deny for all but some roles", who: theRole, own: mine, scp: [][]string{{full, `deny secretsmanager:* * {"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/app/*"}}`}}, want: Allowed},
		{name: "a Deny for all but other roles", who: theRole, own: mine, scp: [][]string{{full, `deny secretsmanager:* * {"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/ops/*"}}`}}},
		{name: "a Deny outside some regions", own: mine, scp: [][]string{{full, `deny !iam:*,sts:* * {"StringNotEquals":{"aws:RequestedRegion":["us-east-1","us-west-2"]}}`}}},
		{name: "a Deny outside the own regions", own: mine, scp: [][]string{{full, `deny !iam:*,sts:* * {"StringNotEquals":{"aws:RequestedRegion":["eu-west-1"]}}`}}, want: Allowed},
		{name: "a resource control policy lets the organization in", own: mine, rcp: [][]string{{"allow * *", `deny * secretsmanager:* {"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}`}}, want: Allowed},
		{name: "a resource control policy does not bind a key that AWS manages", own: mine, rcp: [][]string{{"allow * *", "deny * kms:*"}}, want: Allowed},
		{name: "a resource control policy binds a customer key", own: []string{full}, key: []string{delegate}, rcp: [][]string{{"allow * *", "deny * kms:*"}}},
		{name: "a service control policy binds the use of a key that AWS manages", own: mine, scp: [][]string{{full, "deny kms:* *"}}},
		{name: "a resource control policy keeps others out", who: theOther, own: mine, secret: []string{"allow AWS=" + theOther + " " + get}, key: []string{delegate, "allow AWS=" + theOther + " kms:Decrypt"},
			rcp: [][]string{{"allow * *", `deny * secretsmanager:* {"StringNotEqualsIfExists":{"aws:PrincipalAccount":"111122223333"}}`}}},
	}
}

func rulingsOfAccounts() []ruling {
	reads := []string{"allow " + get + ",kms:Decrypt *"}
	lets := []string{"allow AWS=" + theOther + " " + get}
	opens := []string{delegate, "allow AWS=arn:aws:iam::444455556666:root kms:Decrypt"}
	return []ruling{
		{name: "across accounts both sides allow", who: theOther, own: reads, secret: lets, key: opens, want: Allowed},
		{name: "across accounts the secret's policy is not enough", who: theOther, secret: lets, key: opens},
		{name: "across accounts the own policy is not enough", who: theOther, own: reads, key: opens},
		{name: "across accounts it takes the key too", who: theOther, own: reads, secret: lets, key: []string{delegate}},
		{name: "across accounts it takes the right to decrypt", who: theOther, own: []string{"allow " + get + " *"}, secret: lets, key: opens},
		{name: "AWS's own key cannot be shared", who: theOther, own: reads, secret: lets},
		{name: "across accounts the account may be named", who: theOther, own: reads, secret: []string{"allow AWS=444455556666 " + get}, key: opens, want: Allowed},
		{name: "across accounts everyone may be named", who: theOther, own: reads, secret: []string{"allow * " + get}, key: opens, want: Allowed},
		{name: "across accounts a Deny on either side", who: theOther, own: append([]string{"deny kms:* *"}, reads...), secret: lets, key: opens},
		{name: "an account that is not in the inventory decides itself", who: "arn:aws:iam::777788889999:role/partner", secret: []string{"allow AWS=arn:aws:iam::777788889999:role/partner " + get},
			key: []string{delegate, "allow AWS=777788889999 kms:Decrypt"}, want: Conditional, why: "as far as account 777788889999 lets it"},
		{name: "an account as a whole", who: elsewhere, secret: []string{"allow AWS=777788889999 " + get}, key: []string{"allow AWS=777788889999 kms:*"}, want: Conditional, why: "not in the inventory"},
		{name: "an account as a whole, without the key", who: elsewhere, secret: []string{"allow AWS=777788889999 " + get}, key: []string{delegate}},
		{name: "everyone, also without being named", who: "*", secret: []string{"allow * " + get}, key: []string{"allow * kms:Decrypt"}, want: Conditional},
		{name: "a service", who: "vendor.amazonaws.com", secret: []string{"allow Service=vendor.amazonaws.com " + get}, key: []string{delegate, "allow Service=vendor.amazonaws.com kms:Decrypt"}, want: Allowed},
		{name: "a service on behalf of an account", who: "vendor.amazonaws.com", secret: []string{`allow Service=vendor.amazonaws.com ` + get + ` {"StringEquals":{"aws:SourceAccount":"111122223333"}}`},
			key: []string{"allow Service=vendor.amazonaws.com kms:Decrypt"}, want: Conditional, why: "aws:SourceAccount"},
		{name: "everyone, by a policy that could not be read", who: "*", secret: []string{"{}"}, key: []string{"allow * kms:Decrypt"}, want: Undecided, why: "could not be read"},
		{name: "everyone, but the key is AWS's own", who: "*", secret: []string{"allow * " + get}},
		{name: "who is exempt from a Deny for everyone else", who: "arn:aws:iam::777788889999:role/partner", key: []string{"allow * kms:Decrypt"},
			secret: []string{"allow * " + get, "deny !AWS=arn:aws:iam::777788889999:role/partner,777788889999 " + get}, want: Conditional, why: "NotPrincipal"},
		{name: "the owner of a key by its alias", own: reads, secret: []string{`allow * ` + get}, key: []string{delegate}, edit: func(w *world) {
			w.key, w.secret.KMSKeyID = nil, "arn:aws:kms:eu-west-1:777788889999:alias/shared"
			w.who.Policies[0].Document = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},` +
				`{"Effect":"Deny","Action":"kms:*","Resource":"*","Condition":{"StringNotEquals":{"aws:ResourceAccount":"111122223333"}}}]}`
		}, who: theUser},
		{name: "a service and AWS's own key", who: "vendor.amazonaws.com", secret: []string{"allow Service=vendor.amazonaws.com " + get}, want: Conditional, why: "kms:CallerAccount"},
		{name: "a Deny that spares services", who: "vendor.amazonaws.com", secret: []string{"allow Service=vendor.amazonaws.com " + get, `deny * ` + get + ` {"Bool":{"aws:PrincipalIsAWSService":"false"}}`},
			key: []string{"allow Service=vendor.amazonaws.com kms:Decrypt"}, want: Allowed},
	}
}

func rulingsOfKeys() []ruling {
	reads := []string{"allow " + get + " *"}
	both := []string{"allow " + get + ",kms:Decrypt *"}
	return []ruling{
		{name: "AWS's own key needs no right of its own", own: reads, want: Allowed},
		{name: "a customer key does", own: reads, key: []string{delegate}},
		{name: "a customer key that leaves it to the account", own: both, key: []string{delegate}, want: Allowed, why: "the policy of the key"},
		{name: "a customer key that does not leave it to the account", own: both, key: []string{"allow AWS=" + theRole + " kms:*"}},
		{name: "a customer key that names who asks", own: reads, key: []string{"allow AWS=" + theUser + " kms:Decrypt"}, want: Allowed},
		{name: "a right to another key", own: append([]string{"allow kms:Decrypt arn:aws:kms:eu-west-1:111122223333:key/other"}, reads...), key: []string{delegate}},
		{name: "a right to the key by its ARN", own: append([]string{"allow kms:Decrypt " + theKey}, reads...), key: []string{delegate}, want: Allowed},
		{name: "through Secrets Manager alone", own: reads, key: []string{`allow AWS=` + theUser + ` kms:Decrypt {"StringEquals":{"kms:ViaService":"secretsmanager.eu-west-1.amazonaws.com"}}`}, want: Allowed},
		{name: "through another service alone", own: reads, key: []string{`allow AWS=` + theUser + ` kms:Decrypt {"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}`}},
		{name: "for this secret alone", own: reads, key: []string{`allow AWS=` + theUser + ` kms:Decrypt {"StringLike":{"kms:EncryptionContext:SecretARN":"arn:aws:secretsmanager:*:*:secret:prod/db-*"}}`}, want: Allowed},
		{name: "for another secret alone", own: reads, key: []string{`allow AWS=` + theUser + ` kms:Decrypt {"StringEquals":{"kms:EncryptionContext:SecretARN":"arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-AbCdEf"}}`}},
		{name: "whoever is of the account", own: reads, key: []string{`allow * kms:Decrypt {"StringEquals":{"kms:CallerAccount":"111122223333"}}`}, want: Allowed},
		{name: "a Deny in the policy of the key", own: []string{full}, key: []string{delegate, "deny AWS=" + theUser + " kms:Decrypt"}},
		{name: "a Deny of what does not come through a service", own: both, key: []string{delegate, `deny * kms:Decrypt {"Bool":{"aws:ViaAWSService":"false"}}`}, want: Allowed},
		{name: "a grant", own: reads, key: []string{delegate}, edit: func(w *world) { w.key.Grants = []Grant{{Grantee: theUser, Operations: []string{"Decrypt"}}} }, want: Allowed, why: "a grant of the key"},
		{name: "a grant to encrypt", own: reads, key: []string{delegate}, edit: func(w *world) { w.key.Grants = []Grant{{Grantee: theUser, Operations: []string{"Encrypt"}}} }},
		{name: "a grant within an encryption context", own: reads, key: []string{delegate}, edit: func(w *world) {
			w.key.Grants = []Grant{{Grantee: theUser, Operations: []string{"Decrypt"}, Constrained: true}}
		}, want: Conditional, why: "encryption context"},
		{name: "a grant to a session of a role", who: theRole, own: reads, key: []string{delegate}, edit: func(w *world) {
			w.key.Grants = []Grant{{Grantee: "arn:aws:sts::111122223333:assumed-role/reader/night", Operations: []string{"Decrypt"}}}
		}, want: Conditional, why: "only if it is the session"},
		{name: "a grant to the account leaves it to the account", own: both, key: []string{"allow AWS=" + theRole + " kms:*"}, edit: func(w *world) {
			w.key.Grants = []Grant{{Grantee: "arn:aws:iam::111122223333:root", Operations: []string{"Decrypt"}}}
		}, want: Allowed},
		{name: "a grant to a role within its boundary", who: theRole, own: reads, key: []string{delegate}, boundary: both, edit: func(w *world) { w.key.Grants = []Grant{{Grantee: theRole, Operations: []string{"Decrypt"}}} }, want: Allowed},
		{name: "a grant to a role beyond its boundary", who: theRole, own: reads, key: []string{delegate}, boundary: reads, edit: func(w *world) { w.key.Grants = []Grant{{Grantee: theRole, Operations: []string{"Decrypt"}}} },
			want: Conditional, why: "a grant of the key counts for more"},
		{name: "grants that were not read", own: reads, key: []string{delegate}, edit: func(w *world) { w.key.Gaps = []Gap{{Operation: ListGrants, Reason: Denied}} },
			want: Undecided, why: "kms:ListGrants was denied"},
		{name: "grants that were not read give nothing to who cannot read", key: []string{delegate}, edit: func(w *world) { w.key.Gaps = []Gap{{Operation: ListGrants, Reason: Denied}} }},
		{name: "a grant to somebody else", own: reads, key: []string{delegate}, edit: func(w *world) { w.key.Grants = []Grant{{Grantee: theRole, Operations: []string{"Decrypt"}}} }},
	}
}

// on is an Allow to read under a condition.
func on(condition string) []string { return []string{"allow " + get + " * " + condition} }

func rulingsOfOperators() []ruling {
	return []ruling{
		{name: "StringEquals heeds the case", own: on(`{"StringEquals":{"aws:ResourceTag/Team":"Blue"}}`)},
		{name: "StringEqualsIgnoreCase does not", own: on(`{"StringEqualsIgnoreCase":{"aws:ResourceTag/Team":"Blue"}}`), want: Allowed},
		{name: "StringEquals has no wildcards", own: on(`{"StringEquals":{"aws:ResourceTag/Team":"bl*"}}`)},
		{name: "StringLike has", own: on(`{"StringLike":{"aws:ResourceTag/Team":"bl*"}}`), want: Allowed},
		{name: "several values are alternatives", own: on(`{"StringEquals":{"aws:ResourceTag/Team":["red","blue"]}}`), want: Allowed},
		{name: "several keys must all hold", own: on(`{"StringEquals":{"aws:ResourceTag/Team":"blue","aws:PrincipalTag/Team":"red"}}`)},
		{name: "several operators must all hold", own: on(`{"StringEquals":{"aws:ResourceTag/Team":"blue"},"Null":{"aws:PrincipalTag/Team":"true"}}`)},
		{name: "StringNotEquals of several values is none of them", own: on(`{"StringNotEquals":{"aws:ResourceTag/Team":["red","blue"]}}`)},
		{name: "a key that is missing fails", own: on(`{"StringEquals":{"aws:ResourceTag/Env":"prod"}}`)},
		{name: "a key that is missing holds where it is negated", own: on(`{"StringNotEquals":{"aws:ResourceTag/Env":"prod"}}`), want: Allowed},
		{name: "a key that is missing holds with IfExists", own: on(`{"StringEqualsIfExists":{"aws:ResourceTag/Env":"prod"}}`), want: Allowed},
		{name: "a key that is there must hold with IfExists", own: on(`{"StringEqualsIfExists":{"aws:ResourceTag/Team":"red"}}`)},
		{name: "Null true wants a key that is missing", own: on(`{"Null":{"aws:ResourceTag/Env":"true"}}`), want: Allowed},
		{name: "Null false wants a key that is there", own: on(`{"Null":{"aws:ResourceTag/Team":"false"}}`), want: Allowed},
		{name: "Null false of a key that is missing", own: on(`{"Null":{"aws:ResourceTag/Env":"false"}}`)},
		{name: "Null tells without the value", own: on(`{"Null":{"aws:ResourceTag/Owner":"false"}}`), want: Allowed},
		{name: "ForAllValues holds for none", own: on(`{"ForAllValues:StringEquals":{"aws:TagKeys":"Team"}}`), want: Allowed},
		{name: "ForAnyValue fails for none", own: on(`{"ForAnyValue:StringEquals":{"aws:TagKeys":"Team"}}`)},
		{name: "ForAnyValue wants one", own: on(`{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"}}`), want: Allowed},
		{name: "ForAnyValue of another unit", own: on(`{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-ab12/ou-ab12-22222222/*"}}`)},
		{name: "ForAllValues wants all", key: []string{`allow AWS=` + theUser + ` kms:Decrypt {"ForAllValues:StringEquals":{"kms:EncryptionContextKeys":["SecretARN"]}}`}, own: on(`{}`)},
		{name: "ForAllValues has all", key: []string{`allow AWS=` + theUser + ` kms:Decrypt {"ForAllValues:StringEquals":{"kms:EncryptionContextKeys":["SecretARN","SecretVersionId"]}}`}, own: on(`{}`), want: Allowed},
		{name: "ArnLike compares part by part", own: on(`{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:user/team/*"}}`), want: Allowed},
		{name: "ArnEquals has wildcards too", own: on(`{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::*:user/*"}}`), want: Allowed},
		{name: "ArnLike does not reach over colons", own: on(`{"ArnLike":{"aws:PrincipalArn":"arn:*:user/team/ana"}}`)},
		{name: "ArnNotEquals", own: on(`{"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:user/team/ana"}}`)},
		{name: "Bool", own: on(`{"Bool":{"aws:SecureTransport":"true"}}`), want: Allowed},
		{name: "Bool written as a boolean", own: on(`{"Bool":{"aws:PrincipalIsAWSService":false}}`), want: Allowed},
		{name: "a Deny without TLS", own: []string{full, `deny * * {"Bool":{"aws:SecureTransport":"false"}}`}, want: Allowed},
		{name: "DateGreaterThan of a past day", own: on(`{"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}`), want: Allowed},
		{name: "DateLessThan of a past day", own: on(`{"DateLessThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}`)},
		{name: "DateLessThan in seconds", own: on(`{"DateLessThan":{"aws:EpochTime":"1893456000"}}`), want: Allowed},
		{name: "NumericLessThan", own: on(`{"NumericLessThan":{"aws:EpochTime":"1893456000"}}`), want: Allowed},
		{name: "NumericGreaterThanEquals", own: on(`{"NumericGreaterThanEquals":{"aws:EpochTime":"1893456000"}}`)},
		{name: "a number that is none", own: on(`{"NumericLessThan":{"aws:EpochTime":"soon"}}`)},
	}
}

func rulingsOfKeysOfConditions() []ruling {
	return []ruling{
		{name: "an address depends on the request", own: on(`{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`), want: Conditional, why: "only if aws:SourceIp IpAddress 10.0.0.0/8, where the key differs from request to request (the inline policy Own)"},
		{name: "a Deny by address depends on the request", own: []string{full, `deny * * {"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`}, want: Conditional, why: "unless a Deny applies"},
		{name: "an endpoint depends on the request", own: []string{full}, secret: []string{`deny * ` + get + ` {"StringNotEquals":{"aws:SourceVpce":"vpce-0123456789abcdef0"}}`}, want: Conditional, why: "aws:SourceVpce"},
		{name: "MFA depends on the request", own: on(`{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`), want: Conditional},
		{name: "the age of MFA depends on the request", own: on(`{"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}`), want: Conditional},
		{name: "a version stage depends on the request", own: on(`{"ForAnyValue:StringEquals":{"secretsmanager:VersionStage":"AWSCURRENT"}}`), want: Conditional, why: "secretsmanager:VersionStage ForAnyValue:StringEquals AWSCURRENT"},
		{name: "an unknown key is not understood", own: on(`{"StringEquals":{"vendor:Shoe":"42"}}`), want: Conditional, why: "vendor:shoe StringEquals 42, where the key is not understood"},
		{name: "an unknown key in a Deny", own: []string{full, `deny * * {"StringEquals":{"vendor:Shoe":"42"}}`}, want: Conditional, why: "not understood"},
		{name: "two doubts are said both", own: on(`{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"Bool":{"aws:MultiFactorAuthPresent":"true"}}`), want: Conditional, why: "; only if"},
		{name: "what surely fails ends all doubt", own: on(`{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"StringEquals":{"aws:ResourceTag/Team":"red"}}`)},
		{name: "a second Allow ends all doubt", own: append(on(`{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`), "allow "+get+" *"), want: Allowed},
		{name: "keys match in any case", own: on(`{"StringEquals":{"AWS:resourcetag/TEAM":"blue"}}`), want: Allowed},
		{name: "the tag of Secrets Manager", own: on(`{"StringEquals":{"secretsmanager:ResourceTag/Team":"blue"}}`), want: Allowed},
		{name: "the id of the secret", own: on(`{"ArnLike":{"secretsmanager:SecretId":"arn:aws:secretsmanager:*:*:secret:prod/*"}}`), want: Allowed},
		{name: "the account of the resource", own: on(`{"StringEquals":{"aws:ResourceAccount":"111122223333"}}`), want: Allowed},
		{name: "the organization of the resource", own: on(`{"StringEquals":{"aws:ResourceOrgID":"${aws:PrincipalOrgID}"}}`), want: Allowed},
		{name: "the name of a user", own: on(`{"StringEquals":{"aws:username":"ana"}}`), want: Allowed},
		{name: "a role has no user's name", who: theRole, own: on(`{"StringLike":{"aws:username":"*"}}`)},
		{name: "the id of a user", own: on(`{"StringEquals":{"aws:userid":"AIDAEXAMPLEUSER"}}`), want: Allowed},
		{name: "any session of a role", who: theRole, own: on(`{"StringLike":{"aws:userid":"AROAEXAMPLEROLE:*"}}`), want: Allowed},
		{name: "a session of a role", who: theRole, own: on(`{"StringLike":{"aws:userid":"AROAEXAMPLEROLE:night-*"}}`), want: Conditional},
		{name: "a session of another role", who: theRole, own: on(`{"StringLike":{"aws:userid":"AROAOTHER:*"}}`)},
		{name: "a session named in full", who: theRole, own: on(`{"StringEquals":{"aws:userid":"AROAEXAMPLEROLE:night"}}`), want: Conditional},
		{name: "a Deny for other ids than a role's", who: theRole, own: []string{full}, secret: []string{`deny * ` + get + ` {"StringNotLike":{"aws:userId":"AROAEXAMPLEROLE:*"}}`}, want: Allowed},
		{name: "the kind of principal", who: theRole, own: on(`{"StringEquals":{"aws:PrincipalType":"AssumedRole"}}`), want: Allowed},
		{name: "a source's account is none of a user's request", own: on(`{"StringEquals":{"aws:SourceAccount":"111122223333"}}`)},
		{name: "the function of rotation", own: on(`{"ArnEquals":{"secretsmanager:resource/AllowRotationLambdaArn":"arn:aws:lambda:eu-west-1:111122223333:function:rotate"}}`),
			edit: func(w *world) { w.secret.RotationLambdaARN = "arn:aws:lambda:eu-west-1:111122223333:function:rotate" }, want: Allowed},
	}
}

// rulingsOfServices are about keys that only the requests to one service have.
func rulingsOfServices() []ruling {
	twice := func(condition string) []string {
		return []string{"allow " + get + ",kms:Decrypt * " + condition}
	}
	return []ruling{
		{name: "a request to Secrets Manager has no key of KMS", own: twice(`{"StringLike":{"kms:EncryptionContext:SecretARN":"*"}}`), key: []string{delegate}},
		{name: "nor the account of who calls KMS", own: on(`{"StringEquals":{"kms:CallerAccount":"111122223333"}}`)},
		{name: "nor a key of KMS that differs", own: on(`{"StringLike":{"kms:RequestAlias":"alias/*"}}`)},
		{name: "nor one that is not understood", own: on(`{"StringLike":{"kms:New":"*"}}`)},
		{name: "a Deny unless it comes through Secrets Manager denies the reading too", own: []string{full, `deny * * {"StringNotEquals":{"kms:ViaService":"secretsmanager.eu-west-1.amazonaws.com"}}`}},
		{name: "a request to KMS has no id of a secret", own: twice(`{"StringEquals":{"secretsmanager:SecretId":"` + theSecret + `"}}`), key: []string{delegate}},
		{name: "nor its tags", own: twice(`{"StringEquals":{"secretsmanager:ResourceTag/Team":"blue"}}`), key: []string{delegate}},
		{name: "nor the stage of a version", own: append(twice(`{"StringEquals":{"secretsmanager:VersionStage":"AWSCURRENT"}}`), "allow "+get+" *"), key: []string{delegate}},
		{name: "whether KMS hears of Secrets Manager as the caller", own: append(twice(`{"ForAnyValue:StringEquals":{"aws:CalledVia":"secretsmanager.amazonaws.com"}}`), "allow "+get+" *"),
			key: []string{delegate}, want: Conditional, why: "aws:CalledVia"},
	}
}

func rulingsOfVariables() []ruling {
	return []ruling{
		{name: "the tag of who asks is that of the secret", own: on(`{"StringEquals":{"aws:ResourceTag/Team":"${aws:PrincipalTag/Team}"}}`), want: Allowed},
		{name: "the tag of who asks is another", own: on(`{"StringEquals":{"aws:ResourceTag/Team":"${aws:PrincipalTag/Team}"}}`), edit: func(w *world) { w.who.Tags["Team"] = "red" }},
		{name: "who asks has no tag", own: on(`{"StringEquals":{"aws:ResourceTag/Team":"${aws:PrincipalTag/Unit}"}}`)},
		{name: "who asks has no tag, and there is a default", own: on(`{"StringEquals":{"aws:ResourceTag/Team":"${aws:PrincipalTag/Unit, 'blue'}"}}`), want: Allowed},
		{name: "a variable in a resource", own: []string{"allow " + get + " arn:aws:secretsmanager:*:*:secret:prod/${aws:PrincipalTag/Kind}-*"}, edit: func(w *world) { w.who.Tags["Kind"] = "db" }, want: Allowed},
		{name: "a variable in a resource that is of another", own: []string{"allow " + get + " arn:aws:secretsmanager:*:*:secret:prod/${aws:username}-*"}},
		{name: "the old version knows no variables", own: []string{`{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"` + get + `","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/Team":"${aws:PrincipalTag/Team}"}}}}`}},
		{name: "without a version there are no variables", own: []string{`{"Statement":{"Effect":"Allow","Action":"` + get + `","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/Team":"${aws:PrincipalTag/Team}"}}}}`}},
		{name: "a variable of the request", own: on(`{"StringEquals":{"aws:ResourceTag/Team":"${aws:SourceIdentity}"}}`), want: Conditional},
		{name: "the tags of a session are not those of the role", who: theRole, own: on(`{"StringEquals":{"aws:ResourceTag/Team":"${aws:PrincipalTag/Team}"}}`), edit: func(w *world) { w.who.SessionTags = true }, want: Conditional},
	}
}

func rulingsOfWhatIsUnknown() []ruling {
	reads := []string{"allow " + get + ",kms:Decrypt *"}
	return []ruling{
		{name: "a Deny by a tag of a key that AWS manages, which has none", own: []string{reads[0], `deny kms:Decrypt * {"StringEquals":{"aws:ResourceTag/Team":"red"}}`}, want: Allowed},
		{name: "a Deny by a tag of a customer key", own: []string{reads[0], `deny kms:Decrypt * {"StringEquals":{"aws:ResourceTag/Team":"red"}}`}, key: []string{delegate}, want: Undecided, why: "tags of keys"},
		{name: "a tag whose value was not kept", own: on(`{"StringEquals":{"aws:ResourceTag/Owner":"platform"}}`), want: Undecided, why: "access-tags"},
		{name: "a tag of who asks whose value was not kept", own: on(`{"StringEquals":{"aws:PrincipalTag/Cost":"1234"}}`), want: Undecided},
		{name: "a policy that could not be read", own: []string{"{}"}, want: Undecided, why: "could not be read"},
		{name: "a policy that could not be read, and a Deny", own: []string{"{}"}, group: []string{"deny * *"}},
		{name: "a secret's policy that could not be read", own: reads, secret: []string{"{}"}, want: Undecided},
		{name: "a key's policy that could not be read", own: reads, key: []string{"{}"}, want: Undecided},
		{name: "a key of which nothing is known", own: reads, key: []string{delegate}, edit: func(w *world) { w.key = nil }, want: Undecided},
		{name: "a boundary that the inventory does not hold", own: reads, edit: func(w *world) { w.who.Boundary = "arn:aws:iam::111122223333:policy/Gone" }, want: Undecided},
		{name: "a managed policy that the inventory does not hold", edit: func(w *world) { w.who.Attached = []string{"arn:aws:iam::111122223333:policy/Gone"} }, want: Undecided},
		{name: "a control policy that could not be read", own: reads, edit: func(w *world) {
			w.org.ServiceControls = []ControlLevel{{Target: "r-ab12", Policies: []ControlPolicy{{Name: "p-1", Unread: "throttled"}}}}
		}, want: Undecided},
		{name: "control policies that were not read bind nobody here", own: reads, edit: func(w *world) { w.org = &Organization{Account: own, ID: "o-a1b2c3d4e5"} }, want: Allowed},
		{name: "a place in the organization that was not read", own: on(`{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/*"}}`), edit: func(w *world) { w.org.Path = "" }, want: Undecided},
		{name: "two tags that differ in case alone", own: on(`{"StringEquals":{"aws:ResourceTag/Team":"blue"}}`), edit: func(w *world) { w.secret.Tags = map[string]string{"Team": "blue", "team": "red"} },
			want: Conditional, why: "differ in case"},
		{name: "NotResource with a variable that there is not", who: theRole, own: []string{"allow " + get + " !arn:aws:secretsmanager:*:*:secret:${aws:username}/*"}, want: Undecided},
		{name: "a value that was masked in the policy", own: on(`{"StringEquals":{"aws:ResourceTag/Team":"Team=<24 characters>"}}`), want: Undecided},
	}
}

// rulingsOfSessions are about those who have no identity in IAM.
func rulingsOfSessions() []ruling {
	const (
		bob      = "arn:aws:sts::111122223333:federated-user/bob"
		visitor  = "arn:aws:sts::444455556666:federated-user/visitor"
		provider = "arn:aws:iam::111122223333:saml-provider/office"
		lets     = "allow AWS=" + bob + " " + get
	)
	return []ruling{
		{name: "a federated user", who: bob, secret: []string{lets}, want: Undecided, why: "the user that asked for it"},
		{name: "a federated user, and a customer key that leaves it to the account", who: bob, secret: []string{lets}, key: []string{delegate}, want: Undecided},
		{name: "a federated user without the key", who: bob, secret: []string{lets}, key: []string{"allow AWS=" + theRole + " kms:*"}},
		{name: "a federated user that is denied", who: bob, secret: []string{lets, "deny AWS=" + bob + " " + get}},
		{name: "a federated user that no condition lets in", who: bob, secret: []string{"allow AWS=" + bob + " " + get + ` {"StringEquals":{"aws:PrincipalType":"User"}}`}, key: []string{"allow AWS=" + theRole + " kms:*"}},
		{name: "a Deny for all but a federated user", who: bob, secret: []string{lets, "deny * " + get + ` {"ArnNotEquals":{"aws:PrincipalArn":"` + bob + `"}}`}, want: Undecided},
		{name: "a Deny for all but the id of another session", who: bob, secret: []string{lets, "deny * " + get + ` {"StringNotEquals":{"aws:userid":"111122223333:eve"}}`}},
		{name: "a Deny outside the organization, for a federated user of it", who: bob, secret: []string{lets, "deny * " + get + ` {"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`}, want: Undecided},
		{name: "a control policy binds federated users", who: bob, secret: []string{lets}, scp: [][]string{{full, "deny secretsmanager:* *"}}},
		{name: "a federated user that the key alone names", who: bob, key: []string{delegate, "allow AWS=" + bob + " kms:Decrypt"}, want: Undecided},
		{name: "a federated user of a grant", who: bob, key: []string{delegate}, edit: func(w *world) {
			w.key.Grants = []Grant{{Grantee: bob, Operations: []string{"Decrypt"}}}
		}, want: Undecided},
		{name: "a federated user of another account", who: visitor, secret: []string{"allow AWS=" + visitor + " " + get}, key: []string{"allow AWS=444455556666 kms:Decrypt"}, want: Undecided},
		{name: "a federated user of another account that the key alone names", who: visitor, key: []string{delegate, "allow AWS=" + visitor + " kms:Decrypt"}},
		{name: "a provider of SAML", who: provider, secret: []string{"allow Federated=" + provider + " " + get}, want: Undecided, why: "heeds a provider"},
		{name: "a provider of OIDC", who: "accounts.example.com", secret: []string{"allow Federated=accounts.example.com " + get}, key: []string{delegate}, want: Undecided},
		{name: "Cognito, which the key alone names", who: "cognito-identity.amazonaws.com", key: []string{delegate, "allow Federated=cognito-identity.amazonaws.com kms:Decrypt"}, want: Undecided},
		{name: "a provider that is denied", who: provider, secret: []string{"allow Federated=" + provider + " " + get, "deny Federated=" + provider + " *"}},
		{name: "a provider where everyone is denied", who: provider, secret: []string{"allow Federated=" + provider + " " + get, "deny * " + get}},
		{name: "a provider where all but a role are denied", who: provider, secret: []string{"allow Federated=" + provider + " " + get, "deny !AWS=" + theRole + " " + get}, want: Undecided},
	}
}
