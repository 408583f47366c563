/*
 * elf.c: the plugin's file as rules read it: its dynamic symbols and the libraries it needs, by
 * name. The loader has seen the file, but never its section headers: nothing in them is believed.
 */
#include "conform/general/rules.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* NULL: they are not all there. */
static const void *bytes_at(struct souk_str file, uint64_t offset, uint64_t size, size_t align)
{
    int there = offset <= file.len && size <= file.len - offset && offset % align == 0;
    return there ? file.ptr + offset : NULL;
}

static int read_part(struct scene *scene, struct souk_str file, const Elf64_Shdr *part,
                     const Elf64_Shdr *texts, const struct elf_reader *reader)
{
    const char *rows = bytes_at(file, part->sh_offset, part->sh_size, 8);
    const char *names = bytes_at(file, texts->sh_offset, texts->sh_size, 1);
    int symbols = part->sh_type == SHT_DYNSYM;
    size_t each = symbols ? sizeof(Elf64_Sym) : sizeof(Elf64_Dyn);
    if (!rows || part->sh_size < each || !names || !texts->sh_size || names[texts->sh_size - 1])
        return 0;
    for (uint64_t i = 0; i < part->sh_size / each; i++) {
        const Elf64_Sym *symbol = (const void *)(rows + i * each);
        const Elf64_Dyn *row = (const void *)(rows + i * each);
        uint64_t name = symbols ? symbol->st_name : row->d_tag == DT_NEEDED ? row->d_un.d_val : 0;
        if (name >= texts->sh_size)
            return 0;
        if (symbols && reader->symbol)
            reader->symbol(scene, symbol, names + name);
        if (!symbols && name && reader->library)
            reader->library(scene, names + name);
    }
    return 1;
}

/* 1: both tables are there, and whole. */
static int read_parts(struct scene *scene, struct souk_str file, const struct elf_reader *reader)
{
    int count = 0;
    const Elf64_Ehdr *head = bytes_at(file, 0, sizeof *head, 8);
    const Elf64_Shdr *parts =
        head ? bytes_at(file, head->e_shoff, head->e_shnum * sizeof *parts, 8) : NULL;
    for (int i = 0; parts && i < head->e_shnum; i++)
        if (parts[i].sh_type == SHT_DYNSYM || parts[i].sh_type == SHT_DYNAMIC)
            count += parts[i].sh_link < head->e_shnum &&
                     read_part(scene, file, &parts[i], &parts[parts[i].sh_link], reader);
    return count == 2;
}

void elf_read(struct scene *scene, const struct elf_reader *reader)
{
    struct stat info;
    int fd = open(scene->world->plan->file, O_RDONLY | O_CLOEXEC);
    EXPECT(scene, fd >= 0 && fstat(fd, &info) == 0, "souk-host: the file cannot be read");
    void *bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    EXPECT(scene, bytes != MAP_FAILED, "souk-host: the file cannot be mapped");
    int whole = read_parts(scene, (struct souk_str){bytes, (size_t)info.st_size}, reader);
    munmap(bytes, (size_t)info.st_size);
    EXPECT(scene, whole, "what it calls cannot be read; leave the file's section headers in place");
}
