package main

import (
	"fmt"
	"strings"
	"unicode"
)

// splitWords splits a line of the shell into words as sh does. Blanks separate words. '...' keeps
// all characters; "..." keeps all but \ before " and \; \ keeps the next character. # at the start
// of a word begins a comment. There are no variables and no patterns.
func splitWords(line string) ([]string, error) {
	s := splitter{text: []rune(line)}
	for s.next < len(s.text) {
		if err := s.step(); err != nil {
			return nil, err
		}
	}
	s.endWord()
	return s.words, nil
}

type splitter struct {
	text   []rune
	next   int
	words  []string
	word   strings.Builder
	inWord bool
}

func (s *splitter) endWord() {
	if s.inWord {
		s.words = append(s.words, s.word.String())
		s.word.Reset()
		s.inWord = false
	}
}

// step reads one blank, quoted piece, comment or character.
func (s *splitter) step() error {
	r := s.text[s.next]
	s.next++
	switch {
	case unicode.IsSpace(r):
		s.endWord()
		return nil
	case r == '#' && !s.inWord:
		s.next = len(s.text)
		return nil
	}
	s.inWord = true
	switch r {
	case '\'', '"':
		return s.quoted(r)
	case '\\':
		if s.next == len(s.text) {
			return fmt.Errorf("the line ends with a \\")
		}
		r = s.text[s.next]
		s.next++
	}
	s.word.WriteRune(r)
	return nil
}

func (s *splitter) quoted(quote rune) error {
	opened := s.next
	for s.next < len(s.text) {
		r := s.text[s.next]
		s.next++
		if r == quote {
			return nil
		}
		if quote == '"' && r == '\\' && s.next < len(s.text) && strings.ContainsRune(`"\`, s.text[s.next]) {
			r = s.text[s.next]
			s.next++
		}
		s.word.WriteRune(r)
	}
	return fmt.Errorf("the %c in column %d is not closed", quote, opened)
}
