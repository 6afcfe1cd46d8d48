package user

import "typed/exported"

var _ exported.Used
