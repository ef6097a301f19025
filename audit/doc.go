// Package audit is the room for judging AWS accounts: whether the secrets in
// Secrets Manager are rotated, encrypted under the right keys, replicated, and
// read only by whom they should be. It holds nothing yet.
package audit
