/* words.h: the numbers of the words that keys hold (words.def); fc_field_word (fields.h) gives the word of a number. */
#ifndef FC_HOST_WORDS_H
#define FC_HOST_WORDS_H

#define LIST(name, list) enum name {
#define WORD(id, text) id,
#define END(count)                                                                                           \
    count                                                                                                    \
    }                                                                                                        \
    ;
#include "words.def"

#endif
