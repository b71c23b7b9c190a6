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
package com.hopper.hts.events.outbox.jdbc;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.StringUtils;

/**
 * Outbox in a table of the application's database.
 *
 * @param tableName Name of the table, with the schema if need be.
 * @param initializeSchema When to create the table.
 * @param pollingInterval How often to look for events that other instances have stored or
 * left behind.
 * @param lease Time after which the events that a killed instance was sending are sent by
 * another.
 * @param keepDelivered Time for which delivered events are kept as proof. Defaults to
 * none.
 * @param dataSource Name of the bean of the DataSource to use. Needed only if there are
 * several and none is primary.
 * @param transactionManager Name of the bean of the transaction manager whose DataSource
 * to use. Needed only if there are several and none is primary.
 */
@ConfigurationProperties("hopper.outbox.jdbc")
record JdbcOutboxProperties(@DefaultValue("hopper_event_outbox") String tableName,
		@DefaultValue("embedded") InitializeSchema initializeSchema, @DefaultValue("1s") Duration pollingInterval,
		@DefaultValue("30s") Duration lease, @Nullable Duration keepDelivered, @Nullable String dataSource,
		@Nullable String transactionManager) implements AopInfrastructureBean {

	// Keeps advice on whole packages off: a record cannot be proxied with a subclass

	JdbcOutboxProperties {
		dataSource = StringUtils.hasText(dataSource) ? dataSource : null;
		transactionManager = StringUtils.hasText(transactionManager) ? transactionManager : null;
	}

	void validate() {
		if (!this.tableName.matches("[A-Za-z0-9_$]+(\\.[A-Za-z0-9_$]+)*")) {
			throw new InvalidConfigurationPropertyValueException("hopper.outbox.jdbc.table-name", this.tableName,
					"must consist of letters, digits, '_' and '$', with a '.' after the schema");
		}
		require("polling-interval", this.pollingInterval, Duration.ofMillis(1), Duration.ofDays(1));
		require("lease", this.lease, Duration.ofSeconds(1), Duration.ofDays(1));
		if (this.keepDelivered != null) {
			// Some databases know no year after 9999
			require("keep-delivered", this.keepDelivered, Duration.ofMillis(1), Duration.ofDays(36500));
		}
	}

	private static void require(String name, Duration value, Duration minimum, Duration maximum) {
		if (value.compareTo(minimum) < 0 || value.compareTo(maximum) > 0) {
			throw new InvalidConfigurationPropertyValueException("hopper.outbox.jdbc." + name, value,
					"must be between %sms and %sd, for example 30s".formatted(minimum.toMillis(), maximum.toDays()));
		}
	}

	/**
	 * When to create the table.
	 */
	enum InitializeSchema {

		/**
		 * Always.
		 */
		ALWAYS,

		/**
		 * In embedded databases only.
		 */
		EMBEDDED,

		/**
		 * Never.
		 */
		NEVER

	}

}
