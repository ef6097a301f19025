package fakeaws

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
)

// pageSize reads how many items a caller wants.
func pageSize(asked *int64, most int) (int, bool) {
	if asked == nil {
		return most, true
	}
	return int(*asked), *asked >= 1 && *asked <= int64(most)
}

// pageToken names the place where the next page starts. It holds for the one
// operation, account and region that it was made for.
func (x *call) pageToken(place int) string {
	return base64.URLEncoding.EncodeToString([]byte(x.pageScope() + strconv.Itoa(place)))
}

// pagePlace reads a token back; ok is false for one of another making.
func (x *call) pagePlace(token string) (place int, ok bool) {
	if token == "" {
		return 0, true
	}
	text, err := base64.URLEncoding.DecodeString(token)
	if err != nil {
		return 0, false
	}
	digits, ok := strings.CutPrefix(string(text), x.pageScope())
	if !ok {
		return 0, false
	}
	place, err = strconv.Atoi(digits)
	return place, err == nil && place >= 0
}

func (x *call) pageScope() string {
	return x.Operation + "/" + x.Account + "/" + x.Region + "/" + x.Resource + "/"
}

// page cuts one page out of total items: [from, to) and the token of the next
// page, empty on the last one.
func (x *call) page(token string, asked *int64, most, total int) (from, to int, next string, err error) {
	size, ok := pageSize(asked, most)
	if !ok {
		return 0, 0, "", badParameter(x.Service, "the page size must be between 1 and "+strconv.Itoa(most))
	}
	from, ok = x.pagePlace(token)
	if !ok || from > total {
		return 0, 0, "", badToken(x.Service)
	}
	to = min(from+size, total)
	if to < total {
		next = x.pageToken(to)
	}
	return from, to, next, nil
}

// badToken is the answer to a page token that the service did not make, or
// made too long ago.
func badToken(service string) error {
	switch service {
	case "kms":
		return &apiError{http.StatusBadRequest, "InvalidMarkerException", "The marker is not valid."}
	case "lambda":
		return &apiError{http.StatusBadRequest, "InvalidParameterValueException", "Invalid Marker"}
	case "apigateway":
		return &apiError{http.StatusBadRequest, "BadRequestException", "Invalid position parameter specified"}
	case "cloudformation":
		return &apiError{http.StatusBadRequest, "ValidationError", "The token is not valid."}
	case "states":
		return &apiError{http.StatusBadRequest, "InvalidToken", "Invalid Token"}
	case "account":
		return &apiError{http.StatusBadRequest, "ValidationException", "The NextToken is not valid."}
	case "ec2":
		return &apiError{http.StatusBadRequest, "InvalidNextToken", "The token is not valid."}
	}
	return &apiError{http.StatusBadRequest, "InvalidNextTokenException", "The NextToken value is invalid."}
}

// badParameter is the answer to a parameter that the service does not take.
func badParameter(service, text string) error {
	switch service {
	case "secretsmanager":
		return &apiError{http.StatusBadRequest, "InvalidParameterException", text}
	case "cloudtrail":
		return &apiError{http.StatusBadRequest, "InvalidMaxResultsException", text}
	case "lambda":
		return &apiError{http.StatusBadRequest, "InvalidParameterValueException", text}
	case "apigateway":
		return &apiError{http.StatusBadRequest, "BadRequestException", text}
	case "cloudformation":
		return &apiError{http.StatusBadRequest, "ValidationError", text}
	case "ec2":
		return &apiError{http.StatusBadRequest, "InvalidParameterValue", text}
	}
	return &apiError{http.StatusBadRequest, "ValidationException", text}
}
