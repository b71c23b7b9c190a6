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

import java.beans.Introspector;
import java.beans.PropertyDescriptor;
import java.util.Arrays;

import com.zaxxer.hikari.HikariDataSource;
import jakarta.persistence.EntityManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.orm.jpa.JpaTransactionManager;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what a native image keeps for the outbox in a database.
 */
class JdbcOutboxHintsTests {

	private final RuntimeHints hints = new RuntimeHints();

	JdbcOutboxHintsTests() {
		new JdbcOutboxConfiguration.Hints().registerHints(this.hints, getClass().getClassLoader());
	}

	@Test
	void scriptsAreKept() throws Exception {
		Resource[] scripts = new PathMatchingResourcePatternResolver()
			.getResources("classpath:" + JdbcOutboxTable.SCRIPTS + "*.sql");
		assertThat(scripts).hasSizeGreaterThanOrEqualTo(14)
			.allSatisfy((script) -> assertThat(
					RuntimeHintsPredicates.resource().forResource(JdbcOutboxTable.SCRIPTS + script.getFilename()))
				.accepts(this.hints));
	}

	@ParameterizedTest
	@ValueSource(
			classes = { DataSourceTransactionManager.class, JdbcTransactionManager.class, JpaTransactionManager.class })
	void dataSourceOfATransactionManagerIsReadable(Class<?> type) throws Exception {
		assertReadable(type, "dataSource");
	}

	@Test
	void whetherThereAreTenantsIsReadable() throws Exception {
		assertReadable(JpaTransactionManager.class, "entityManagerFactory");
		assertReadable(EntityManagerFactory.class, "properties");
	}

	@Test
	void whetherAPoolIsReadOnlyIsReadable() throws Exception {
		assertReadable(HikariDataSource.class, "readOnly");
	}

	/**
	 * What Spring's AOT processing does not see is in the jar for GraalVM itself.
	 */
	@Test
	void typesOfTheMetadataInTheJarCanBeCreated() throws Exception {
		JsonNode metadata = JsonMapper.shared()
			.readTree(getClass().getResourceAsStream("/META-INF/native-image/com.hopper.hts/"
					+ "hopper-events-spring-boot-autoconfigure/reachability-metadata.json"));
		assertThat(metadata.path("reflection")).isNotEmpty()
			.allSatisfy((
					entry) -> assertThat(Class.forName(entry.path("type").stringValue()).getConstructor().newInstance())
						.isNotNull());
		assertThat(metadata.path("resources")).isNotEmpty()
			.allSatisfy((entry) -> assertThat(new PathMatchingResourcePatternResolver()
				.getResources("classpath*:" + entry.path("glob").stringValue())).isNotEmpty());
	}

	private void assertReadable(Class<?> type, String property) throws Exception {
		PropertyDescriptor descriptor = Arrays.stream(Introspector.getBeanInfo(type).getPropertyDescriptors())
			.filter((candidate) -> candidate.getName().equals(property))
			.findFirst()
			.orElseThrow();
		assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(descriptor.getReadMethod()))
			.accepts(this.hints);
	}

}
