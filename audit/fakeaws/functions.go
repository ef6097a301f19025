package fakeaws

import (
	"net/http"
	"strconv"
	"strings"
)

// function finds a function by name, ARN or partial ARN
// (ACCOUNT:function:NAME), with or without a version behind it.
func (x *call) function() (*Function, error) {
	id := x.Resource
	if strings.HasPrefix(id, "arn:") && !strings.HasPrefix(id, x.region.ARN("lambda", "function:")) {
		return nil, x.noFunction(id)
	}
	name := cutARN(id)
	if i := strings.Index(name, "function:"); i >= 0 {
		name = name[i+len("function:"):]
	}
	name, _, _ = strings.Cut(name, ":")
	for _, f := range x.region.Functions {
		if f.Name == name {
			return f, nil
		}
	}
	return nil, x.noFunction(x.region.ARN("lambda", "function:"+name))
}

func (x *call) noFunction(arn string) error {
	return &apiError{http.StatusNotFound, "ResourceNotFoundException", "Function not found: " + arn}
}

func getFunctionConfiguration(x *call) error {
	f, err := x.function()
	if err != nil {
		return err
	}
	x.functionObject(f)
	return nil
}

func listFunctions(x *call) error {
	asked, err := x.queryNumber("MaxItems")
	if err != nil {
		return err
	}
	from, to, next, err := x.page(x.in.Marker, asked, 50, len(x.region.Functions))
	if err != nil {
		return err
	}
	x.item(nil, func() {
		x.list("Functions", func() {
			for _, f := range x.region.Functions[from:to] {
				x.functionObject(f)
			}
		})
		x.text("NextMarker", next)
	})
	return nil
}

// queryNumber reads a number of the address, nil for none. A fault may ask for
// shorter pages than the caller.
func (x *call) queryNumber(name string) (*int64, error) {
	if x.in.MaxResults != nil {
		return x.in.MaxResults, nil
	}
	text := x.HTTP.URL.Query().Get(name)
	if text == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, badParameter(x.Service, name+" is not a number")
	}
	return &n, nil
}

func (x *call) functionObject(f *Function) {
	x.item(f.Raw, func() {
		x.text("FunctionName", f.Name)
		x.text("FunctionArn", f.ARN)
		x.text("Runtime", f.Runtime)
		x.text("Role", f.Role)
		x.text("Handler", f.Handler)
		x.text("Description", f.Description)
		x.number("Timeout", f.Timeout)
		x.number("MemorySize", f.MemorySize)
		if !f.LastModified.IsZero() {
			x.text("LastModified", f.LastModified.UTC().Format("2006-01-02T15:04:05.000-0700"))
		}
		x.text("State", f.State)
		x.text("StateReason", f.StateReason)
		x.text("StateReasonCode", f.StateReasonCode)
		x.text("LastUpdateStatus", f.LastUpdateStatus)
		x.text("LastUpdateStatusReason", f.LastUpdateStatusReason)
		x.text("PackageType", f.PackageType)
		x.text("KMSKeyArn", f.KMSKeyARN)
		x.text("Version", "$LATEST")
		if f.Environment != nil {
			x.object("Environment", func() { x.textMap("Variables", f.Environment) })
		}
		if v := f.VPC; v != nil {
			x.object("VpcConfig", func() {
				x.text("VpcId", v.ID)
				x.texts("SubnetIds", v.Subnets)
				x.texts("SecurityGroupIds", v.SecurityGroups)
			})
		}
	})
}

func getFunctionPolicy(x *call) error {
	f, err := x.function()
	if err != nil {
		return err
	}
	if f.Policy == "" {
		return &apiError{http.StatusNotFound, "ResourceNotFoundException", "The resource you requested does not exist."}
	}
	x.item(nil, func() {
		x.text("Policy", f.Policy)
		x.text("RevisionId", x.cloud.deriveUUID("revision "+f.ARN))
	})
	return nil
}
