package fakeaws

// namespaces are those of the answers of the query services.
var namespaces = map[string]string{
	"iam": "https://iam.amazonaws.com/doc/2010-05-08/",
	"sts": "https://sts.amazonaws.com/doc/2011-06-15/", "cloudformation": "http://cloudformation.amazonaws.com/doc/2010-05-15/",
	"monitoring": "http://monitoring.amazonaws.com/doc/2010-08-01/",
	"sns":        "http://sns.amazonaws.com/doc/2010-03-31/",
}

// openXML starts the answer of a query service; closeXML ends it.
func openXML(x *call) {
	e, operation := x.encoder, x.Operation
	if protocolOf(x.Service) == queryXML {
		e.buf = append(e.buf, "<"+operation+`Response xmlns="`+namespaces[x.Service]+`"><`+operation+"Result>"...)
		return
	}
	e.buf = append(e.buf, `<?xml version="1.0" encoding="UTF-8"?>`+"\n<"+operation+`Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">`...)
}

func closeXML(buf []byte, p protocol, operation, requestID string) []byte {
	if p == queryXML {
		buf = append(buf, "</"+operation+"Result><ResponseMetadata><RequestId>"+requestID+"</RequestId></ResponseMetadata>"...)
	} else {
		buf = append(buf, "<requestId>"+requestID+"</requestId>"...)
	}
	return append(buf, "</"+operation+"Response>"...)
}

// element writes a text in its tags.
func (e *encoder) element(name, value string) {
	e.buf = append(e.buf, "<"+name+">"+escapeXML(value)+"</"+name+">"...)
}

// wrap writes what body writes in tags.
func (e *encoder) wrap(name string, body func()) {
	e.buf = append(e.buf, "<"+name+">"...)
	body()
	e.buf = append(e.buf, "</"+name+">"...)
}
