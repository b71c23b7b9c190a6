/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.autoconfigure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

import javax.sql.DataSource;

import com.hopper.hts.events.outbox.JdbcEventOutbox;

import org.springframework.boot.jdbc.DatabaseDriver;
import org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer;
import org.springframework.boot.jdbc.init.PlatformPlaceholderDatabaseDriverResolver;
import org.springframework.boot.sql.init.DatabaseInitializationMode;
import org.springframework.boot.sql.init.DatabaseInitializationSettings;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

/**
 * Creates the table of the JDBC outbox.
 */
final class OutboxSchemaInitializer extends DataSourceScriptDatabaseInitializer {

	private static final String LOCATION = "classpath:com/hopper/hts/events/outbox/schema-@@platform@@.sql";

	private final String location;

	private final String tableName;

	OutboxSchemaInitializer(DataSource dataSource, HopperProperties.Jdbc properties) {
		this(dataSource, properties.tableName(),
				DatabaseInitializationMode.valueOf(properties.initializeSchema().name()),
				(properties.initializeSchema() != HopperProperties.InitializeSchema.NEVER) ? location(dataSource) : "");
	}

	private OutboxSchemaInitializer(DataSource dataSource, String tableName, DatabaseInitializationMode mode,
			String location) {
		super(dataSource, settings(mode, location));
		this.location = location;
		this.tableName = tableName;
	}

	private static String location(DataSource dataSource) {
		return new PlatformPlaceholderDatabaseDriverResolver()
			.withDriverPlatform(DatabaseDriver.POSTGRESQL, "postgresql")
			.resolveAll(dataSource, LOCATION)
			.get(0);
	}

	private static DatabaseInitializationSettings settings(DatabaseInitializationMode mode, String location) {
		DatabaseInitializationSettings settings = new DatabaseInitializationSettings();
		settings.setMode(mode);
		settings.setSchemaLocations(location.isEmpty() ? null : List.of(location));
		// Instances that start together may all try; whether the table is right is
		// checked afterwards
		settings.setContinueOnError(true);
		return settings;
	}

	@Override
	protected void customize(ResourceDatabasePopulator populator) {
		try {
			String script = new DefaultResourceLoader(getClass().getClassLoader()).getResource(this.location)
				.getContentAsString(StandardCharsets.UTF_8);
			// The names of indexes cannot have a schema
			String indexPrefix = this.tableName.substring(this.tableName.lastIndexOf('.') + 1);
			script = script
				.replaceAll("\\b" + JdbcEventOutbox.DEFAULT_TABLE_NAME + "_(due|heartbeat)\\b",
						indexPrefix.replace("$", "\\$") + "_$1")
				.replaceAll("\\b" + JdbcEventOutbox.DEFAULT_TABLE_NAME + "\\b", this.tableName.replace("$", "\\$"));
			populator.setScripts(new ByteArrayResource(script.getBytes(StandardCharsets.UTF_8)));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
