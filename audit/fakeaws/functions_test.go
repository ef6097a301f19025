package fakeaws_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/assayhq/assay/audit/fakeaws"
)

func TestFunctionConfigurationTellsWhatAnAuditAsks(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	f := &fakeaws.Function{
		Name: "rotate", ARN: w.region.ARN("lambda", "function:rotate"), Runtime: "python3.13", Role: "arn:role", Handler: "main.handler", Description: "d",
		State: "Failed", StateReason: "r", StateReasonCode: "InvalidConfiguration", LastUpdateStatus: "Failed", LastUpdateStatusReason: "u",
		Timeout: new(int64(30)), MemorySize: new(int64(128)), LastModified: day(1), KMSKeyARN: "arn:key", PackageType: "Zip",
		Environment: map[string]string{"A": "1"}, VPC: &fakeaws.FunctionVPC{ID: "vpc-1", Subnets: []string{"s"}, SecurityGroups: []string{"g"}},
	}
	w.region.Functions = []*fakeaws.Function{f}
	for _, id := range []string{f.Name, f.ARN, f.ARN + ":1", testAccount + ":function:rotate"} {
		got := must[*lambda.GetFunctionConfigurationOutput](t)(w.lambda().GetFunctionConfiguration(background, &lambda.GetFunctionConfigurationInput{FunctionName: &id}))
		same(t, got, &lambda.GetFunctionConfigurationOutput{
			FunctionName: &f.Name, FunctionArn: &f.ARN, Runtime: types.RuntimePython313, Role: &f.Role, Handler: &f.Handler, Description: &f.Description,
			State: types.StateFailed, StateReason: &f.StateReason, StateReasonCode: types.StateReasonCodeInvalidConfiguration,
			LastUpdateStatus: types.LastUpdateStatusFailed, LastUpdateStatusReason: &f.LastUpdateStatusReason,
			Timeout: aws.Int32(30), MemorySize: aws.Int32(128), LastModified: aws.String("2026-01-01T03:04:05.678+0000"), KMSKeyArn: &f.KMSKeyARN,
			PackageType: types.PackageTypeZip, Version: aws.String("$LATEST"), Environment: &types.EnvironmentResponse{Variables: f.Environment},
			VpcConfig: &types.VpcConfigResponse{VpcId: aws.String("vpc-1"), SubnetIds: []string{"s"}, SecurityGroupIds: []string{"g"}},
		})
	}
}

func TestFunctionPolicy(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	w.region.Functions = []*fakeaws.Function{{Name: "open", Policy: `{"Id":"default"}`}, {Name: "closed"}}
	ask := func(name string) (*lambda.GetPolicyOutput, error) {
		return w.lambda().GetPolicy(background, &lambda.GetPolicyInput{FunctionName: &name})
	}
	got := must[*lambda.GetPolicyOutput](t)(ask("open"))
	complete(t, got)
	if *got.Policy != `{"Id":"default"}` {
		t.Errorf("policy is %s", *got.Policy)
	}
	for _, name := range []string{"closed", "nowhere"} {
		_, err := ask(name)
		typed[*types.ResourceNotFoundException](t, err)
		refused(t, err, "ResourceNotFoundException", 404)
	}
	other := "arn:aws:lambda:us-east-1:" + testAccount + ":function:open"
	_, err := ask(other)
	typed[*types.ResourceNotFoundException](t, err)
}
