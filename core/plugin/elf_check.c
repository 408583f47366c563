/*
 * elf_check.c: reads the headers of a shared object.
 *
 * The idea: what would weaken the whole process is refused before it is mapped: an
 * object that asks for an executable stack makes the loader give one to every thread,
 * and text relocations make code writable. Every offset is checked against the length
 * and every struct is copied out, so bytes of any kind are safe to read.
 *
 * Threads: any; no state. Signatures and what the code does are not looked at.
 */
#include "plugin/elf_check.h"

#include <elf.h>

#if defined(__x86_64__)
#define ELF_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define ELF_MACHINE EM_AARCH64
#elif defined(__riscv)
#define ELF_MACHINE EM_RISCV
#elif defined(__powerpc64__)
#define ELF_MACHINE EM_PPC64
#elif defined(__s390x__)
#define ELF_MACHINE EM_S390
#else
#error "add this machine's EM_ number here"
#endif

/* Copies `size` bytes at `offset` to `to`; 0 when they are not all there. */
static int get(struct souk_str bytes, uint64_t offset, void *to, size_t size)
{
    if (offset > bytes.len || bytes.len - offset < size)
        return 0;
    memcpy(to, bytes.ptr + offset, size);
    return 1;
}

static int has_text_relocations(struct souk_str bytes, const Elf64_Phdr *dynamic)
{
    for (uint64_t at = 0; at + sizeof(Elf64_Dyn) <= dynamic->p_filesz; at += sizeof(Elf64_Dyn)) {
        Elf64_Dyn entry;
        if (dynamic->p_offset > bytes.len ||
            !get(bytes, dynamic->p_offset + at, &entry, sizeof(entry)) || entry.d_tag == DT_NULL)
            return 0;
        if (entry.d_tag == DT_TEXTREL ||
            (entry.d_tag == DT_FLAGS && (entry.d_un.d_val & DF_TEXTREL)))
            return 1;
    }
    return 0;
}

/* ---- what it needs ---- */

/* Where an address of the mapped object stands in the file. */
static uint64_t offset_of(struct souk_str bytes, const Elf64_Ehdr *header, uint64_t address)
{
    Elf64_Phdr part;
    for (uint64_t i = 0; i < header->e_phnum; i++)
        if (get(bytes, header->e_phoff + i * sizeof(part), &part, sizeof(part)) &&
            part.p_type == PT_LOAD && address >= part.p_vaddr &&
            address - part.p_vaddr < part.p_filesz)
            return address - part.p_vaddr + part.p_offset;
    return UINT64_MAX;
}

static int find_dynamic(struct souk_str bytes, const Elf64_Ehdr *header, Elf64_Phdr *part)
{
    for (uint64_t i = 0; i < header->e_phnum; i++)
        if (get(bytes, header->e_phoff + i * sizeof(*part), part, sizeof(*part)) &&
            part->p_type == PT_DYNAMIC && part->p_offset <= bytes.len)
            return 1;
    return 0;
}

/* The number-th entry; 0 at the end. */
static int get_dynamic(struct souk_str bytes, const Elf64_Phdr *part, uint64_t number,
                       Elf64_Dyn *entry)
{
    uint64_t at = number * sizeof(*entry);
    return at + sizeof(*entry) <= part->p_filesz &&
           get(bytes, part->p_offset + at, entry, sizeof(*entry)) && entry->d_tag != DT_NULL;
}

int elf_needs(struct souk_str bytes, const char *library)
{
    Elf64_Ehdr header;
    Elf64_Phdr part;
    Elf64_Dyn entry;
    char name[64];
    uint64_t names = UINT64_MAX;
    size_t len = strlen(library);
    if (len > sizeof(name) || !get(bytes, 0, &header, sizeof(header)) ||
        !find_dynamic(bytes, &header, &part))
        return 0;
    for (uint64_t i = 0; get_dynamic(bytes, &part, i, &entry); i++)
        if (entry.d_tag == DT_STRTAB)
            names = offset_of(bytes, &header, entry.d_un.d_ptr);
    for (uint64_t i = 0; names < bytes.len && get_dynamic(bytes, &part, i, &entry); i++)
        if (entry.d_tag == DT_NEEDED && entry.d_un.d_val < bytes.len &&
            get(bytes, names + entry.d_un.d_val, name, len) && memcmp(name, library, len) == 0)
            return 1;
    return 0;
}

/* ---- what it is ---- */

static int check_header(struct souk_str bytes, Elf64_Ehdr *header, struct err *err)
{
    if (!get(bytes, 0, header, sizeof(*header)) || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) {
        return err_set(err, SOUK_INVALID,
                       "is not a shared object; build it with gcc -shared -fPIC (see "
                       "sdk/plugin.mk)");
    }
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_machine != ELF_MACHINE) {
        return err_set(err, SOUK_INVALID,
                       "is built for another machine (ELF machine %d, this is %d); build it "
                       "on this one",
                       header->e_machine, ELF_MACHINE);
    }
    if (header->e_type != ET_DYN || header->e_phentsize != sizeof(Elf64_Phdr) ||
        header->e_phnum == 0) {
        return err_set(err, SOUK_INVALID,
                       "is not a shared object but another kind of ELF file; link it with "
                       "-shared");
    }
    return 0;
}

int elf_check(struct souk_str bytes, struct err *err)
{
    Elf64_Ehdr header;
    int stack = 0;
    if (check_header(bytes, &header, err))
        return SOUK_INVALID;
    for (uint64_t i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr part;
        if (header.e_phoff > bytes.len ||
            !get(bytes, header.e_phoff + i * sizeof(part), &part, sizeof(part)))
            return err_set(err, SOUK_INVALID, "is cut short; copy it again");
        if (part.p_type == PT_LOAD &&
            (part.p_offset > bytes.len || part.p_filesz > bytes.len - part.p_offset))
            return err_set(err, SOUK_INVALID, "is cut short; copy it again");
        if (part.p_type == PT_GNU_STACK && !(part.p_flags & PF_X))
            stack = 1;
        if (part.p_type == PT_DYNAMIC && has_text_relocations(bytes, &part)) {
            return err_set(err, SOUK_INVALID,
                           "has text relocations (code that is written to); compile all of "
                           "it with -fPIC");
        }
    }
    if (!stack) {
        return err_set(err, SOUK_INVALID,
                       "asks for an executable stack; link it with -Wl,-z,noexecstack and use "
                       "no nested functions");
    }
    return 0;
}
