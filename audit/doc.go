// Package audit judges how an AWS account keeps its secrets: whether those in
// Secrets Manager are rotated, encrypted under the right keys, replicated, and
// read only by whom they should.
//
// It works in two steps that share nothing but plain data. Collect asks AWS and
// judges nothing: its answer is an Inventory, which can be saved, read, compared
// and judged again without a network. Judge runs the Checks over an Inventory
// and asks nothing: a check is a pure function, and the time of the collection is
// its clock.
//
// Three promises are kept by the shape of the code. No value of a secret can be
// read, because no client here offers the call; the Operations that can be
// reached are one list, which a test compares with the code and from which the
// IAM policy is printed. Nothing passes by absence: a fact that is missing is a
// Gap with a reason, a check that needed it gives NotEvaluated, and so does a
// check that panics or says nothing. And text that came from AWS passes the
// caller's mask before it enters the Inventory.
//
// Where to read on: record.go has the records of an inventory, operation.go the
// operations that are asked. From collect.go the questions lead to regionrun.go
// (one region), secrets.go, keys.go, functions.go, trails.go and events.go (what
// is asked there), and down to call.go (one call: its limits in limits.go, its
// retries in retry.go, its errors in classify.go, its socket in transport.go).
// session.go has the credentials. Answers gather in inventory.go, are read and
// written by file.go, and kept by journal.go for a run that is broken off.
// From judge.go the verdicts lead to checks.go, which names each check's file,
// and to region.go, which has what checks may look at; missing.go and coverage.go
// say what was not examined, single.go tells of one secret, diff.go compares.
package audit
