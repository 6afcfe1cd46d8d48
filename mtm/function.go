package mtm

import (
	"errors"
	"fmt"

	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// GetMailInfo is the parameter of the get-mail functions.
type GetMailInfo struct {
	MaxSize int64 // octets on the wire; 0 = no limit
	Into    store.ID
}

// PopulateOptions is the parameter of the populate functions.
type PopulateOptions struct {
	MaxSize     int64 // octets on the wire; 0 = no limit
	Limit       int   // lines of the body to fetch with the header; 0 or less = whole messages
	HeadersOnly bool  // fetch the header only
}

// Function returns the command for a number of the original's table (package symbian). selection
// holds the service entry and then messages; for the numbers that write a message it holds the
// destination folder and the original message. parameter is a GetMailInfo, a PopulateOptions or a
// CreateOptions, or nil for a number without a parameter. Function returns ErrNotSupported for a
// number that is not in the table or that the original does not carry out, and ErrArgument for an
// invalid selection or parameter.
func Function(id int, selection []store.ID, parameter any) (Command, error) {
	switch id {
	case symbian.IsConnected:
		return IsConnected{}, nil
	case symbian.CreateReceipt, symbian.CancelSendOnNextConnection: // not carried out by the original either
		return nil, notSupported(id)
	}
	if id < symbian.IsConnected || id > symbian.PopulateAll {
		return nil, notSupported(id)
	}
	if id == symbian.CancelOffline {
		return CancelOffline{Messages: selection}, nil
	}
	if len(selection) == 0 {
		return nil, wrong(id, errors.New("the selection has no service entry"))
	}
	messages := selection[1:]
	switch {
	case id == symbian.Connect:
		return Connect{Keep: messages}, nil
	case id == symbian.Disconnect:
		return Disconnect{}, nil
	case id <= symbian.MoveAllThenDisconnect:
		return getMailFunction(id, messages, parameter)
	case id <= symbian.CreateReceiptEmail:
		return createFunction(id, selection, parameter)
	}
	return populateFunction(id, messages, parameter)
}

func getMailFunction(id int, messages []store.ID, parameter any) (Command, error) {
	info, ok := parameter.(GetMailInfo)
	if !ok {
		return nil, wrong(id, fmt.Errorf("the parameter is %T, not GetMailInfo", parameter))
	}
	n := id - symbian.CopyNew
	return GetMail{
		Which: Which(n / 6), Take: Take(n / 3 % 2), Link: Link(n % 3),
		Into: info.Into, Messages: messages, MaxSize: info.MaxSize,
	}, nil
}

func populateFunction(id int, messages []store.ID, parameter any) (Command, error) {
	options, ok := parameter.(PopulateOptions)
	if !ok {
		return nil, wrong(id, fmt.Errorf("the parameter is %T, not PopulateOptions", parameter))
	}
	p := Populate{Messages: messages, MaxSize: options.MaxSize}
	switch id {
	case symbian.Populate:
		p.Which = Selection
	case symbian.PopulateNew:
		p.Which = New
	case symbian.PopulateAll:
		p.Which = All
	}
	if options.HeadersOnly {
		p.Top = true
	} else if options.Limit > 0 {
		p.Top, p.Lines = true, options.Limit
	}
	return p, nil
}

func createFunction(id int, selection []store.ID, parameter any) (Command, error) {
	options, ok := parameter.(CreateOptions)
	if !ok {
		return nil, wrong(id, fmt.Errorf("the parameter is %T, not CreateOptions", parameter))
	}
	into := selection[0]
	if id == symbian.CreateNewEmail {
		return CreateNew{Into: into, CreateOptions: options}, nil
	}
	if len(selection) < 2 {
		return nil, wrong(id, errors.New("the selection has no original"))
	}
	switch source := selection[1]; id {
	case symbian.CreateReplyEmail:
		return CreateReply{Into: into, Original: source, CreateOptions: options}, nil
	case symbian.CreateForwardEmail:
		return CreateForward{Into: into, Original: source, CreateOptions: options}, nil
	case symbian.CreateForwardAsAttachmentEmail:
		return CreateForwardAsAttachment{Into: into, Original: source, CreateOptions: options}, nil
	default:
		return CreateReceipt{Into: into, Original: source, Types: options.Types, Service: options.Service}, nil
	}
}

func notSupported(id int) error {
	return &Error{Command: fmt.Sprintf("function %d", id), Code: ErrNotSupported}
}

func wrong(id int, err error) error {
	return &Error{Command: fmt.Sprintf("function %d", id), Code: ErrArgument, Err: err}
}
