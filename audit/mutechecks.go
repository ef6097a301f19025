package audit

// checkNames returns the names by which a mutelist may call a check: its id, and
// those of Prowler's checks that look at the same.
func checkNames(id string) []string { return append([]string{id}, prowlerChecks[id]...) }

// prowlerChecks gives Prowler's names, of version 5. "lambda" at their beginning,
// which old lists have, matches those with "awslambda" as part of them.
var prowlerChecks = map[string][]string{
	"SM-ACC-01": {"cloudtrail_multi_region_enabled", "cloudtrail_multi_region_enabled_logging_management_events"},
	"SM-ENV-01": {"awslambda_function_no_secrets_in_variables"},
	"SM-ENV-02": {"ecs_task_definitions_no_environment_secrets"},
	"SM-ENV-03": {"codebuild_project_no_secrets_in_variables", "codebuild_project_source_repo_url_no_sensitive_credentials"},
	"SM-ENV-04": {"ec2_instance_secrets_user_data", "ec2_launch_template_no_secrets"},
	"SM-ENV-05": {
		"cloudformation_stack_outputs_find_secrets", "glue_connection_no_secrets", "glue_etl_jobs_no_secrets_in_arguments",
		"stepfunctions_statemachine_no_secrets_in_definition",
	},
	"SM-KMS-02": {"kms_cmk_not_deleted_unintentionally"},
	"SM-KMS-03": {"kms_cmk_rotation_enabled"},
	"SM-KMS-04": {"kms_key_not_publicly_accessible"},
	"SM-LIF-01": {"secretsmanager_secret_unused"},
	"SM-POL-01": {"secretsmanager_not_publicly_accessible"},
	"SM-POL-02": {"secretsmanager_has_restrictive_resource_policy"},
	"SM-ROT-01": {"secretsmanager_automatic_rotation_enabled"},
	"SM-ROT-03": {"secretsmanager_secret_rotated_periodically"},
	"SM-ROT-07": {"awslambda_function_using_supported_runtimes"},
	"SM-SSM-02": {"ssm_document_secrets"},
}
