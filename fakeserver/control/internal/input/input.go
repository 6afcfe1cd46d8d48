// Package input holds the parameters that many requests of the HTTP API share.
package input

// OfUser holds the path parameter of operations on a user.
type OfUser struct {
	User string `path:"user" maxLength:"255" doc:"The name of the user" example:"ann"`
}

// OfMessage holds the path parameters of operations on a message.
type OfMessage struct {
	OfUser
	UID string `path:"uid" maxLength:"210" doc:"The unique-id of the message" example:"a1"`
}

// OfSession holds the path parameters of operations on a session.
type OfSession struct {
	OfUser
	Number int `path:"number" minimum:"1" doc:"The number of the session since creation or reset" example:"1"`
}

// WhenSeen says when open sessions see a change of the mail.
type WhenSeen struct {
	When string `query:"when" enum:"next,now" default:"next" doc:"Who sees the change: sessions that begin later, or open ones too, from their next command on"`
}

// Words is a body in the format of scenario files.
type Words struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	RawBody     []byte
}

// UserWords is a body in the format of scenario files, for a user.
type UserWords struct {
	OfUser
	Words
}
