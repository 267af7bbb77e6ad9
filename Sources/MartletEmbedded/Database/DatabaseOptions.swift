import CRocksDB

/// RocksDB's options within a memory budget; freed with the database.
///
/// The info log level is FATAL because Debian's build aborts in its own info log when the disk is full.
@safe final class DatabaseOptions {
    let database: OpaquePointer
    let families: [OpaquePointer]
    private let cache: OpaquePointer
    private let tables: [OpaquePointer]

    init(_ configuration: EmbeddedConfiguration) {
        unsafe cache = rocksdb_cache_create_lru(configuration.blockCacheBytes)
        unsafe database = rocksdb_options_create()
        var families: [OpaquePointer] = unsafe []
        var tables: [OpaquePointer] = unsafe []
        for family in Family.allCases {
            let table = unsafe DatabaseOptions.table(cache: cache)
            unsafe tables.append(table)
            unsafe families.append(DatabaseOptions.family(family, table: table))
        }
        unsafe self.families = families
        unsafe self.tables = tables
        setDatabase(configuration)
    }

    private func setDatabase(_ configuration: EmbeddedConfiguration) {
        unsafe rocksdb_options_set_create_if_missing(database, 1)
        unsafe rocksdb_options_set_create_missing_column_families(database, 1)
        unsafe rocksdb_options_set_info_log_level(database, Int32(4))
        unsafe rocksdb_options_set_keep_log_file_num(database, 1)
        unsafe rocksdb_options_set_allow_concurrent_memtable_write(database, 0)
        unsafe rocksdb_options_set_db_write_buffer_size(database, configuration.memtableBytes)
        unsafe rocksdb_options_set_max_total_wal_size(database, UInt64(configuration.memtableBytes) * 2)
        unsafe rocksdb_options_set_max_open_files(database, 256)
        unsafe rocksdb_options_set_max_background_jobs(database, 2)
        unsafe rocksdb_options_set_bytes_per_sync(database, 1 << 20)
        unsafe rocksdb_options_set_skip_stats_update_on_db_open(database, 1)
    }

    private static func table(cache: OpaquePointer) -> OpaquePointer {
        let table: OpaquePointer = unsafe rocksdb_block_based_options_create()
        unsafe rocksdb_block_based_options_set_block_cache(table, cache)
        unsafe rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1)
        unsafe rocksdb_block_based_options_set_block_size(table, 8 << 10)
        unsafe rocksdb_block_based_options_set_format_version(table, 5)
        unsafe rocksdb_block_based_options_set_filter_policy(table, rocksdb_filterpolicy_create_bloom_full(10))
        return unsafe table
    }

    private static func family(_ family: Family, table: OpaquePointer) -> OpaquePointer {
        let options: OpaquePointer = unsafe rocksdb_options_create()
        unsafe rocksdb_options_set_block_based_table_factory(options, table)
        unsafe rocksdb_options_set_write_buffer_size(options, family.memtableBytes)
        unsafe rocksdb_options_set_arena_block_size(options, 64 << 10)
        // Each file holds keys of all slots, so a compaction rewrites all of the next level: seldom, then.
        unsafe rocksdb_options_set_level0_file_num_compaction_trigger(options, 8)
        unsafe rocksdb_options_set_target_file_size_base(options, 8 << 20)
        unsafe rocksdb_options_set_max_bytes_for_level_base(options, 64 << 20)
        unsafe rocksdb_options_set_compression(options, Int32(0))
        if family.isCompressed { unsafe rocksdb_options_set_bottommost_compression(options, Int32(4)) }
        guard let prefixBytes = family.hintPrefixBytes else { return unsafe options }
        return unsafe hinting(options, prefixBytes)
    }

    /// Lets a memtable remember where it last inserted under each prefix, and begin the next search there instead of at
    /// the top, for some 300 bytes a prefix and memtable. The C API sets it by name
    /// only; a library that does not know the name works without. It needs that one thread inserts at a time.
    private static func hinting(_ options: OpaquePointer, _ prefixBytes: Int) -> OpaquePointer {
        let hinted: OpaquePointer = unsafe rocksdb_options_create()
        let text = "memtable_insert_with_hint_prefix_extractor=rocksdb.FixedPrefix.\(prefixBytes)"
        do throws(DatabaseError) {
            unsafe try throwing { unsafe rocksdb_get_options_from_string(options, text, hinted, $0) }
            unsafe rocksdb_options_destroy(options)
            return unsafe hinted
        } catch {
            unsafe rocksdb_options_destroy(hinted)
            return unsafe options
        }
    }

    deinit {
        unsafe families.forEach { unsafe rocksdb_options_destroy($0) }
        unsafe tables.forEach { unsafe rocksdb_block_based_options_destroy($0) }
        unsafe rocksdb_options_destroy(database)
        unsafe rocksdb_cache_destroy(cache)
    }
}
