package audit

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// endpoint is where a service is: where AWS_ENDPOINT_URL_EC2 or AWS_ENDPOINT_URL or
// their like in the shared configuration say, or else at its own address.
func (s *wireService) endpoint(ctx context.Context, cfg aws.Config) (string, error) {
	if own := configuredEndpoint(ctx, cfg, s.id); own != "" {
		u, err := url.Parse(own)
		if err != nil || u.Host == "" {
			return "", &answerError{"the configured endpoint of " + s.id + " is no URL"}
		}
		return strings.TrimSuffix(own, "/") + "/", nil
	}
	if !validRegion(cfg.Region) {
		return "", &answerError{fmt.Sprintf("%q is no region", cfg.Region)}
	}
	fips, dual := wantsFIPS(ctx, cfg), wantsDualStack(ctx, cfg)
	p := partitionIn(cfg.Region)
	if s.homes != nil {
		return s.home(p.partition, fips)
	}
	name, suffix := s.name, p.suffix
	if dual {
		suffix = p.dual
	}
	if (fips || dual && s.dualIsFIPS(p)) && (dual || !s.plainIsFIPS(cfg.Region)) {
		name += "-fips"
	}
	return "https://" + name + "." + s.region(ctx, cfg) + "." + suffix + "/", nil
}

// region is where a service is asked, and what its requests are signed for: some have
// one endpoint for a partition.
func (s *wireService) region(ctx context.Context, cfg aws.Config) string {
	if s.homes != nil {
		return s.homes[partitionIn(cfg.Region).partition].region
	}
	if s == wireAccount && configuredEndpoint(ctx, cfg, s.id) == "" {
		return firstRegion(partitionIn(cfg.Region).partition)
	}
	return cfg.Region
}

// plainIsFIPS reports whether the endpoint of a service for FIPS 140 is its only one, and
// named like those of others are that are none: so some are in aws-us-gov. These facts
// are those of the SDK's own packages, of November 2026.
func (s *wireService) plainIsFIPS(region string) bool {
	switch s {
	case wireEC2, wireStacks, wireSSM:
		return partitionIn(region).partition == "aws-us-gov"
	case wireStates:
		return region == "us-gov-west-1"
	}
	return false
}

// dualIsFIPS reports whether the endpoint for IPv6 of a service is the one for FIPS 140.
func (s *wireService) dualIsFIPS(p partitionRow) bool {
	return s == wireStates && p.partition == "aws-us-gov"
}

// atHome reports whether a service is asked at the address that it has wherever it is
// offered. Endpoints for FIPS 140 and for IPv6 are not in every region that has the service.
// Lambda is offered in every region: where its host is not found, something is wrong.
func (s *wireService) atHome(ctx context.Context, cfg aws.Config) bool {
	return s != wireLambda && configuredEndpoint(ctx, cfg, s.id) == "" && !wantsFIPS(ctx, cfg) && !wantsDualStack(ctx, cfg)
}

// configuredEndpoint returns where the configuration says that a service is, ""
// for its own address. service is the SDK's name for it.
func configuredEndpoint(ctx context.Context, cfg aws.Config, service string) string {
	if off, found, err := config.GetIgnoreConfiguredEndpoints(ctx, cfg.ConfigSources); err == nil && found && off {
		return ""
	}
	for _, source := range cfg.ConfigSources {
		p, ok := source.(interface {
			GetServiceBaseEndpoint(ctx context.Context, sdkID string) (string, bool, error)
		})
		if !ok {
			continue
		}
		if own, found, err := p.GetServiceBaseEndpoint(ctx, service); err == nil && found {
			return own
		}
		if e, ok := source.(config.EnvConfig); ok && e.BaseEndpoint != "" {
			break // the environment goes before all of the shared configuration
		}
	}
	return aws.ToString(cfg.BaseEndpoint)
}

func wantsFIPS(ctx context.Context, cfg aws.Config) bool {
	for _, source := range cfg.ConfigSources {
		p, ok := source.(interface {
			GetUseFIPSEndpoint(context.Context) (aws.FIPSEndpointState, bool, error)
		})
		if !ok {
			continue
		}
		if state, found, err := p.GetUseFIPSEndpoint(ctx); err == nil && found {
			return state == aws.FIPSEndpointStateEnabled
		}
	}
	return false
}

func wantsDualStack(ctx context.Context, cfg aws.Config) bool {
	for _, source := range cfg.ConfigSources {
		p, ok := source.(interface {
			GetUseDualStackEndpoint(context.Context) (aws.DualStackEndpointState, bool, error)
		})
		if !ok {
			continue
		}
		if state, found, err := p.GetUseDualStackEndpoint(ctx); err == nil && found {
			return state == aws.DualStackEndpointStateEnabled
		}
	}
	return false
}
