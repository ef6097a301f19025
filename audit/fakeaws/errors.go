package fakeaws

import (
	"net/http"
	"strings"
)

// writeError answers with an error in the protocol of the request's service.
// code is the bare shape name, such as AccessDeniedException; services that
// know it by another name (STS and EC2 say AccessDenied, Throttling) must be
// given theirs.
func writeError(w http.ResponseWriter, r *Request, status int, code, message string) {
	header := w.Header()
	switch protocolOf(r.Service) {
	case jsonRPC, restJSON:
		header.Set("X-Amzn-Errortype", code)
		header.Set("Content-Type", contentType(r.Service))
		body := appendString([]byte(`{"__type":`), code)
		body = append(body, `,"`...)
		body = append(body, messageField(r.Service)...)
		body = append(body, `":`...)
		body = append(appendString(body, message), '}')
		writeBody(w, status, body)
	case queryXML:
		header.Set("Content-Type", contentType(r.Service))
		writeBody(w, status, []byte(`<ErrorResponse xmlns="`+namespaces[r.Service]+`"><Error><Type>`+
			senderOrReceiver(status)+`</Type><Code>`+escapeXML(code)+`</Code><Message>`+escapeXML(message)+
			`</Message></Error><RequestId>`+requestID(w)+`</RequestId></ErrorResponse>`))
	case restXML:
		writeS3Error(w, status, code, message)
	case ec2XML:
		header.Set("Content-Type", contentType(r.Service))
		writeBody(w, status, []byte(`<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<Response><Errors><Error><Code>`+escapeXML(code)+
			`</Code><Message>`+escapeXML(message)+`</Message></Error></Errors><RequestID>`+requestID(w)+`</RequestID></Response>`))
	}
}

// contentType returns what the service says its answers are.
func contentType(service string) string {
	switch protocolOf(service) {
	case restJSON:
		return "application/json"
	case queryXML:
		return "text/xml"
	case ec2XML:
		return "text/xml;charset=UTF-8"
	case restXML:
		return "application/xml"
	}
	if service == "states" {
		return "application/x-amz-json-1.0"
	}
	return "application/x-amz-json-1.1"
}

// messageField returns the name of an error's text, which differs between
// the services' models.
func messageField(service string) string {
	switch service {
	case "secretsmanager", "lambda":
		return "Message"
	}
	return "message"
}

func senderOrReceiver(status int) string {
	if status >= http.StatusInternalServerError {
		return "Receiver"
	}
	return "Sender"
}

// requestID returns the id that the handler has already put into the
// answer's header.
func requestID(w http.ResponseWriter) string { return w.Header().Get("X-Amzn-Requestid") }

var xmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;")

// escapeXML escapes text for element content. Characters that XML cannot
// hold stay as they are: what hostile text does to a parser is the point of
// having it.
func escapeXML(text string) string { return xmlEscaper.Replace(text) }
