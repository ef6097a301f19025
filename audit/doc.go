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
package audit
